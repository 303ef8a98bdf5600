"""`python -m deploy.sandbox [--host HOST] [--port PORT] [--demo]`: serves the sandbox until it is told to stop."""

import argparse
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from deploy.sandbox.app import create_sandbox


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with one process, because everything is in its memory, and many threads, because calls may be slow."""

    def __init__(self, app: Flask, host: str, port: int) -> None:
        self._app = app
        self._bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        super().__init__()

    def load_config(self) -> None:
        """Settings of gunicorn."""
        settings: dict[str, Any] = {
            "bind": self._bind,
            "workers": 1,
            "threads": 32,
            "worker_class": "gthread",
            "keepalive": 75,
            "timeout": 120,
            "graceful_timeout": 4,
            "control_socket_disable": True,
            "loglevel": "warning",
            "when_ready": _say_where,
        }
        if Path("/dev/shm").is_dir():  # noqa: S108 - heartbeats must not wait for a disk # nosec B108
            settings["worker_tmp_dir"] = "/dev/shm"  # noqa: S108 - as above # nosec B108
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The app."""
        return self._app


def _say_where(server: Any) -> None:
    address, port = server.LISTENERS[0].sock.getsockname()[:2]
    host = f"[{address}]" if ":" in address else address
    print(f"HubSpot sandbox on http://{host}:{port}", flush=True)


def main() -> None:
    """Read the command line and serve."""
    arguments = argparse.ArgumentParser(prog="python -m deploy.sandbox", description=__doc__)
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--port", type=int, default=8001)
    arguments.add_argument("--demo", action="store_true", help="hold some marketing events from the start")
    given = arguments.parse_args()
    Server(create_sandbox(demo=given.demo), given.host, given.port).run()


if __name__ == "__main__":
    main()
