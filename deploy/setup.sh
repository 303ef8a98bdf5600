# shellcheck shell=sh
# Sourced by run and test: a virtual environment with exactly the pinned packages, made anew only when the pins change.

find_python() {
  for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
    if [ -n "$candidate" ] && "$candidate" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  echo "Marquee needs Python 3.11 or newer, with venv (on Debian: apt install python3 python3-venv)." >&2
  exit 1
}

# set_up FILE FOLDER: installs the requirements of FILE into the environment FOLDER unless they are there already.
set_up() {
  mark="$2/.installed-$(echo "$1" | tr '/' '-')"
  if ! cmp -s "$1" "$mark"; then
    python=$(find_python)
    echo "Setting up $2 with $("$python" --version) from $1 ..." >&2
    [ -x "$2/bin/python" ] || "$python" -m venv "$2"
    "$2/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --requirement "$1"
    cp "$1" "$mark"
  fi
}
