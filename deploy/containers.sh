# shellcheck shell=sh
# Sourced by check-image and check-compose, after setup.sh: podman as it runs everywhere, the image, and what both say and ask.

set_up requirements.txt .venv
set_up tests/requirements.txt .venv
PATH="$PWD/.venv/bin:$PATH"
work=$(mktemp -d)
export CONTAINERS_CONF="$work/containers.conf"
# Where limits cannot be raised, and cgroups of both versions are mounted, podman's defaults do not start.
cat >"$CONTAINERS_CONF" <<'CONF'
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=32768:32768"]
[engine]
runtime = "runc"
[network]
network_backend = "netavark"
CONF

say() { echo "-- $*"; }
refuse() { if "$@" >/dev/null 2>&1; then echo "This should not have worked: $*" >&2; exit 1; fi; }
# wait_for COMMAND…: until it succeeds, for as many seconds as SECONDS_TO_WAIT says.
wait_for() { n=0; until "$@" >/dev/null 2>&1; do n=$((n + 1)); [ $n -lt $((${SECONDS_TO_WAIT:-20} * 5)) ] || { echo "In vain: $*" >&2; exit 1; }; sleep 0.2; done; }
# get URL [TOKEN]: prints what is answered, and fails where that is a refusal.
get() { python -c 'import sys, urllib.request as u
asked = u.Request(sys.argv[1], headers={"Authorization": f"Bearer {token}" for token in sys.argv[2:]})
print(u.urlopen(asked, timeout=5).read().decode())' "$@"; }
is_had() { podman image exists "$1" || timeout 120 podman pull --quiet "$1" >/dev/null 2>&1; }

# build_image NAME [ARGUMENT…]: from deploy/Dockerfile; a base that no registry gives is made of this machine's own Python.
build_image() {
  base=docker.io/library/python:$(sed -n 's/^ARG PYTHON=//p' deploy/Dockerfile)
  is_had "$base" || { say "no registry is reached: a stand-in for $base"; tests/deploy/stand-in-base "$base" >/dev/null; }
  named=$1; shift
  buildah bud --layers --isolation chroot --format docker --pull-never --file deploy/Dockerfile --tag "$named" "$@" . >"$work/build" 2>&1 || { cat "$work/build"; exit 1; }
}
