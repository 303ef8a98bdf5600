"""Starts the service's processes and starts again any that dies; `./deploy/run` is its only caller.

SIGTERM drains the web as DRAIN_SECONDS says, SIGINT (Ctrl-C) stops it at once, and SIGHUP has it start its processes anew;
but where it was started from a terminal, SIGHUP says that the terminal is gone, and ends it all.
"""

import os
import secrets
import signal
import socket
import subprocess  # it starts processes: that is its job # nosec B404
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

PROJECT = Path(__file__).resolve().parents[1]
VAR = PROJECT / "var"
OAUTH = ("HUBSPOT_CLIENT_ID", "HUBSPOT_CLIENT_SECRET", "HUBSPOT_REFRESH_TOKEN")
PAGES = ("OPERATOR_PASSWORD", "OPERATOR_PASSWORD_FILE", "VIEWER_PASSWORD", "VIEWER_PASSWORD_FILE")
CREDENTIALS = ("HUBSPOT_ACCESS_TOKEN", *OAUTH, "HUBSPOT_BASE_URL")
DEMO_SOURCES = """\
# Written by ./deploy/run because nothing else was configured. Write a sources.toml of your own: see README.md.
[sources.demo]
platform = "generic"
signature = "token"
secrets = ["{secret}"]
account_id = "demo"
"""
PATIENCE = 10.0
RESTART_SECONDS = 1.0


def main() -> int:
    """Run until told to stop; returns the exit status."""
    VAR.mkdir(exist_ok=True)
    environment = dict(os.environ)
    commands: dict[str, Sequence[str]] = {}
    demo = _demo_settings(environment)
    if "HUBSPOT_BASE_URL" in demo:
        port = demo["HUBSPOT_BASE_URL"].rpartition(":")[2]
        commands["sandbox"] = [sys.executable, "-m", "deploy.sandbox", "--demo", "--port", port]
    environment |= demo
    commands["web"] = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "app:create_app()"]
    _say_hello(environment, demo)
    terminal = sys.stdin is not None and sys.stdin.isatty()
    return Supervisor(commands, environment, terminal=terminal).run()


class Supervisor:
    """Child processes that run together: one that dies is started again, and all stop when this one is told to."""

    def __init__(
        self, commands: Mapping[str, Sequence[str]], environment: Mapping[str, str], *, terminal: bool = False
    ) -> None:
        self._commands = commands
        self._environment = environment
        self._terminal = terminal
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._told: signal.Signals | None = None

    def run(self) -> int:
        """Keep the children running. A first start that fails at once is a fault of the settings and ends it all."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._pass_on)
        started = time.monotonic()
        for name in self._commands:
            self._start(name)
        while self._told is None:
            time.sleep(0.2)
            for name, child in self._children.items():
                if child.poll() is None or self._told is not None:
                    continue
                if name == "web" and child.returncode == 1 and time.monotonic() - started < 10:
                    self._end_all(signal.SIGTERM)
                    return 1
                print(f"{name} ended with status {child.returncode}: starting it again", file=sys.stderr, flush=True)
                time.sleep(RESTART_SECONDS)
                self._start(name)
        self._end_all(self._told)
        return 0

    def _start(self, name: str) -> None:
        command, environment = list(self._commands[name]), dict(self._environment)
        self._children[name] = subprocess.Popen(command, cwd=PROJECT, env=environment)  # noqa: S603 - our own commands # nosec B603

    def _pass_on(self, number: int, _frame: FrameType | None) -> None:
        """At once: the web has its own way to stop, and may be told to hurry while it does."""
        told = signal.Signals(number)
        if told == signal.SIGHUP and self._terminal:
            told = signal.SIGTERM
        if told != signal.SIGHUP:
            self._told = told
        if "web" in self._children:
            self._children["web"].send_signal(told)

    def _end_all(self, told: signal.Signals) -> None:
        """The web first, so that the worker in it can still tell HubSpot what is under way.

        It ends by itself, after a time that its settings say: nobody knows better here.
        """
        for name in reversed(self._commands):
            child = self._children[name]
            if name == "web":
                child.send_signal(told)
                child.wait()
                continue
            child.terminate()
            try:
                child.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                child.kill()


def _demo_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """What stands in for settings that nobody gave; also written to `var/demo.env` for the `flask` commands."""
    demo = {}
    if not any(environment.get(name) or environment.get(f"{name}_FILE") for name in CREDENTIALS):
        port = _free_port(int(environment.get("PORT", "8000")) + 1)
        demo["HUBSPOT_BASE_URL"] = f"http://127.0.0.1:{port}"
        demo["HUBSPOT_ACCESS_TOKEN"] = "sandbox"  # noqa: S105 - the sandbox takes any # nosec B105
        if not any(environment.get(name) for name in PAGES):
            demo["OPERATOR_PASSWORD"] = _demo_password()
    if not environment.get("SOURCES_FILE") and not (PROJECT / "sources.toml").exists():
        demo["SOURCES_FILE"] = str(_demo_sources())
    if demo:
        lines = [f"{name}={value}\n" for name, value in demo.items()]
        place = VAR / "demo.env"
        place.touch()
        place.chmod(0o600)
        place.write_text("".join(lines))
    return demo


def _demo_sources() -> Path:
    """The demo's sources, with a secret of their own that is made once."""
    return _made_once(VAR / "demo-sources.toml", DEMO_SOURCES.format(secret=secrets.token_urlsafe(24)))


def _demo_password() -> str:
    """What opens the pages while the sandbox stands in for an account; made once as well."""
    return _made_once(VAR / "demo-password", secrets.token_urlsafe(12)).read_text()


def _made_once(place: Path, text: str) -> Path:
    """A file that only its owner reads."""
    if not place.exists():
        place.touch(0o600)
        place.write_text(text)
    return place


def _free_port(wanted: int) -> int:
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("No port is free on 127.0.0.1.")


def _say_hello(environment: Mapping[str, str], demo: Mapping[str, str]) -> None:
    here = f"http://{environment.get('HOST', '127.0.0.1')}:{environment.get('PORT', '8000')}"
    lines = [f"Marquee starts on {here}"]
    if "HUBSPOT_BASE_URL" in demo:
        sandbox = demo["HUBSPOT_BASE_URL"]
        lines.append(f"No HubSpot credentials are set: changes go to a HubSpot sandbox, to be seen at {sandbox}")
    if "OPERATOR_PASSWORD" in demo:
        lines.append(f"Its pages: {here}/operator/ (user operator, password {demo['OPERATOR_PASSWORD']})")
    if "SOURCES_FILE" in demo:
        lines += _demo_lines(here, Path(demo["SOURCES_FILE"]))
    print("\n".join(lines), flush=True)


def _demo_lines(here: str, sources: Path) -> list[str]:
    secret = sources.read_text().partition('secrets = ["')[2].partition('"')[0]
    json = "-H 'Content-Type: application/json'"
    body = '{"id": "event-1", "eventName": "Spring Summit, now in Hall 2"}'
    return [
        "No sources are configured: a demo source stands in.",
        f"  its URL     {here}/webhooks/demo",
        f"  its secret  {secret}",
        "Paste this to send a first notification:",
        f"  curl -i {here}/webhooks/demo -H 'Authorization: Bearer {secret}' {json} -d '{body}'",
        "Or many:",
        "  .venv/bin/flask --env-file var/demo.env send-sample demo --count 100 --events 5",
    ]


if __name__ == "__main__":
    sys.exit(main())
