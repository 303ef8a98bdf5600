"""The real processes: a sandbox and a Marquee, on loopback, each in a process group of its own."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import requests
from sqlalchemy import func, select

from handlers.inbox import tables
from handlers.inbox.database import Database

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE = 60


def free_port():
    """A free port below the ephemeral range, so that no client's own port takes it first."""
    while True:
        port = random.randint(20_000, 30_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


def wait_until(holds, what, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.05)


class Process:
    """One process group on one port; what it logs goes to `log`."""

    log = subprocess.DEVNULL

    def __init__(self, command, environment=None):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = command
        self._environment = environment or {}
        self._process = None

    def start(self, ready):
        environment = {"PATH": os.environ["PATH"], "PORT": str(self.port), **self._environment}
        command = [part.format(port=self.port) for part in self._command]
        self._process = subprocess.Popen(
            [sys.executable, *command], cwd=PROJECT, env=environment, start_new_session=True, stdout=self.log
        )
        wait_until(lambda: self._answers(ready), f"{command[1]} is ready")
        return self

    def kill(self):
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self):
        if self._process and self._process.poll() is None:
            self._process.terminate()
            assert self._process.wait(40) == 0

    def _answers(self, path):
        assert self._process.poll() is None, "it ended"
        try:
            return requests.get(self.url + path, timeout=2).status_code == 200
        except (requests.ConnectionError, requests.Timeout):
            return False


class Sandbox(Process):
    """HubSpot's stand-in."""

    def __init__(self):
        super().__init__(["-m", "deploy.sandbox", "--port", "{port}"])

    def start(self):
        return super().start("/sandbox/events")

    def stop(self):
        """At once: it holds nothing that could be lost. How it ends when asked to is shown where it is tested."""
        if self._process and self._process.poll() is None:
            self.kill()

    def seed(self, events):
        return self._post("/sandbox/events", events)

    def configure(self, **settings):
        return self._post("/sandbox/settings", settings)

    def fault(self, kind, **parameters):
        return self._post("/sandbox/faults", {"kind": kind, **parameters})

    def faults(self):
        return self._get("/sandbox/faults")

    def mend(self):
        requests.delete(f"{self.url}/sandbox/faults", timeout=10).raise_for_status()

    def events(self):
        return self._get("/sandbox/events")

    def calls(self):
        return self._get("/sandbox/calls")

    def _get(self, path):
        reply = requests.get(self.url + path, timeout=10)
        reply.raise_for_status()
        return reply.json()

    def _post(self, path, body):
        reply = requests.post(self.url + path, json=body, timeout=10)
        reply.raise_for_status()
        return reply.json()


class Marquee(Process):
    """The service as gunicorn runs it, with its worker embedded."""

    def __init__(self, folder, sources, hubspot_url, **settings):
        (folder / "sources.toml").write_text(sources)
        self.database_url = f"sqlite:///{folder}/marquee.db"
        given = {
            "SOURCES_FILE": str(folder / "sources.toml"),
            "DATABASE_URL": self.database_url,
            "HUBSPOT_BASE_URL": hubspot_url,
            "HUBSPOT_ACCESS_TOKEN": "sandbox",
            "OPERATOR_TOKEN": "operators-token-of-tests",
            "WEB_CONCURRENCY": "2",
            "PROMETHEUS_MULTIPROC_DIR": str(folder / "metrics"),
        }
        super().__init__(["-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "app:create_app()"], given | settings)

    def start(self):
        super().start("/readyz")
        settings = self._environment
        count = int(settings["WEB_CONCURRENCY"]) + (settings.get("WORKER") != "off")
        wait_until(lambda: len(self.processes()) == count, "all its processes are there")
        return self

    def processes(self):
        """The numbers of those that gunicorn has forked."""
        parent = self._process.pid
        return {int(number) for number in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()}

    def outcomes(self):
        """How many notifications there are by outcome."""
        column = tables.notification.c
        database = Database(self.database_url, pool_size=1)
        counted = dict(
            tuple(row) for row in database.rows(select(column.outcome, func.count()).group_by(column.outcome))
        )
        database.close()
        return counted

    def settle(self, seconds=PATIENCE):
        """Wait until nothing is pending."""
        wait_until(lambda: "pending" not in self.outcomes(), "everything is settled", seconds)
        return self.outcomes()
