"""Several processes on one inbox: web processes that only take in, and workers of which one leads."""

import http.client
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing

import requests
from running import PATIENCE, PROJECT, free_port, wait_until
from senders import HEADERS, SOURCES
from sqlalchemy import func, select

from handlers.inbox import tables
from handlers.inbox.clock import now
from handlers.inbox.database import Database
from handlers.inbox.schema import migrate

FAILOVER_SECONDS = 15.0  # by then another one leads
# What Python starts before anything else, if it is found: https://docs.python.org/3/library/site.html
WRONG_CLOCK = """
import datetime, time
SHIFT = {shift!r}
_time, _time_ns, _now = time.time, time.time_ns, datetime.datetime.now
time.time = lambda: _time() + SHIFT
time.time_ns = lambda: _time_ns() + int(SHIFT * 10**9)


class Shifted(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return _now(tz) + datetime.timedelta(seconds=SHIFT)


datetime.datetime = Shifted
"""


class Child:
    """A process of its own, whose clock may be `shift` seconds wrong."""

    def __init__(self, words, environment, shift=0.0, folder=None):
        given = {"PATH": os.environ["PATH"], **environment}
        if shift:
            folder.mkdir()
            (folder / "sitecustomize.py").write_text(WRONG_CLOCK.format(shift=shift))
            given["PYTHONPATH"] = str(folder)
        self._process = subprocess.Popen(
            [sys.executable, *words], cwd=PROJECT, env=given, start_new_session=True, stdout=subprocess.DEVNULL
        )
        self.pid = self._process.pid

    def signal(self, number):
        os.killpg(self.pid, number)

    def end(self):
        """Told to stop, as by an operator; it ends well."""
        self._process.terminate()
        assert self._process.wait(40) == 0

    def remove(self):
        if self._process.poll() is None:
            self.signal(signal.SIGKILL)
        self._process.wait()

    def is_running(self):
        return self._process.poll() is None


class Site:
    """All that runs on one inbox. Where a `wire` is given, a worker reaches HubSpot or the database by it alone."""

    def __init__(self, folder, database_url, sandbox, **settings):
        self.folder, self.database_url, self.sandbox = folder, database_url, sandbox
        (folder / "sources.toml").write_text(SOURCES)
        self.settings = {
            "SOURCES_FILE": str(folder / "sources.toml"),
            "HUBSPOT_ACCESS_TOKEN": "sandbox",
            "DEBOUNCE_SECONDS": "0.1",
            "HUBSPOT_CONCURRENCY": "2",
            "HUBSPOT_TIMEOUT": "5",
            "LOG_LEVEL": "WARNING",
        } | settings
        self._numbers = itertools.count()
        self.children, self._webs = [], {}
        self.database = Database(database_url, pool_size=2)
        migrate(self.database)

    def web(self, shift=0.0, port=None):
        """A web process; the port that it listens on, a free one unless it is given."""
        port = port or free_port()
        counts = str(self.folder / f"counts-{port}")
        settings = {"PORT": str(port), "WORKER": "off", "WEB_CONCURRENCY": "1", "PROMETHEUS_MULTIPROC_DIR": counts}
        words = ["-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "app:create_app()"]
        self._webs[port] = self._start(words, settings, shift)
        wait_until(lambda: _is_ready(port), "a web process is ready")
        return port

    def replace_web(self, port):
        """The web process there is told to stop; once it has ended well another one takes its place."""
        self._webs[port].end()
        self.web(port=port)

    def worker(self, shift=0.0, database_wire=None, hubspot_wire=None):
        """A worker, which may or may not lead."""
        settings = {}
        if database_wire:
            settings["DATABASE_URL"] = self.database_url.replace(
                f":{self.database.engine.url.port}/", f":{database_wire.port}/"
            )
        if hubspot_wire:
            settings["HUBSPOT_BASE_URL"] = f"http://127.0.0.1:{hubspot_wire.port}"
        return self._start(["-m", "flask", "work"], settings, shift)

    def _start(self, words, settings, shift):
        number = next(self._numbers)
        given = {
            "DATABASE_URL": self.database_url,
            "HUBSPOT_BASE_URL": self.sandbox.url,
            **self.settings,
            **settings,
        }
        child = Child(words, given, shift, self.folder / f"clock-{number}")
        self.children.append(child)
        return child

    def leader(self):
        """The process id of the worker that leads, if one does."""
        lease = tables.lease.c
        rows = self.database.rows(select(lease.holder).where(lease.expires_at > now()))
        return int(rows[0].holder.split(":")[1]) if rows else None

    def wait_for_leader(self, among, seconds=PATIENCE):
        """The one of these workers that leads, and how many seconds that took."""
        begun, pids = time.monotonic(), {child.pid: child for child in among}
        wait_until(lambda: self.leader() in pids or not _all_run(among), "one of them leads", seconds)
        return pids[self.leader()], time.monotonic() - begun

    def outcomes(self):
        """How many notifications there are by outcome."""
        column = tables.notification.c
        counted = select(column.outcome, func.count()).group_by(column.outcome)
        return {outcome: count for outcome, count in self.database.rows(counted)}  # noqa: C416 - rows are no dict items

    def attempts(self):
        """How many calls of HubSpot are written down."""
        return self.database.rows(select(func.count()).select_from(tables.attempt))[0][0]

    def kept(self):
        """The ids of all notifications, as their senders were told them."""
        return {str(number) for (number,) in self.database.rows(select(tables.notification.c.id))}

    def moments(self):
        """Of each notification: when it was received and settled."""
        note = tables.notification.c
        return [tuple(row) for row in self.database.rows(select(note.received_at, note.settled_at))]

    def settle(self, seconds=PATIENCE):
        """Wait until nothing is to be done any more."""
        due = select(func.count()).where(tables.event.c.due_at.is_not(None))
        wait_until(
            lambda: "pending" not in self.outcomes() and self.database.rows(due)[0][0] == 0, "all is settled", seconds
        )
        return self.outcomes()

    def told(self):
        """The names that HubSpot was told of each marketing event, by external id, in their order."""
        return {
            event["externalEventId"]: [update["eventName"] for update in event["history"] if "eventName" in update]
            for event in self.sandbox.events()
        }

    def remove(self):
        for child in self.children:
            child.remove()
        self.database.close()


class Traffic:
    """Notifications about some events, again and again, one version after the other, through all ports in turn."""

    def __init__(self, ports, events, pause=0.05):
        self.versions = dict.fromkeys(events, 0)
        self.taken = 0
        self._ports, self._pause = itertools.cycle(ports), pause
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(60)

    def names(self):
        return {event: name(event, version) for event, version in self.versions.items()}

    def _run(self):
        for event in itertools.cycle(self.versions):
            version = self.versions[event] + 1
            while not post(next(self._ports), event, version):
                time.sleep(0.1)
            self.versions[event] = version
            self.taken += 1
            if self._stop.wait(self._pause):
                return


def name(event, version):
    return f"{event}, version {version}"


def version_of(said):
    return int(said.rpartition(" ")[2])


def steps_back(told):
    """How often HubSpot was told an older version after a newer one."""
    versions = [[version_of(said) for said in history] for history in told.values()]
    return sum(later < earlier for line in versions for earlier, later in itertools.pairwise(line))


def is_at_least(site, versions):
    """Whether HubSpot was told these versions, or newer ones."""
    told = site.told()
    return all(told[event] and version_of(told[event][-1]) >= version for event, version in versions.items())


def post(port, event, version):
    """Whether the notification was taken."""
    body = json.dumps({"id": event, "version": version, "eventName": name(event, version)})
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            connection.request("POST", "/webhooks/load", body, HEADERS)
            return connection.getresponse().status == 202
    except (OSError, http.client.HTTPException):
        return False


def _all_run(children):
    return all(child.is_running() for child in children)


def _is_ready(port):
    try:
        return requests.get(f"http://127.0.0.1:{port}/readyz", timeout=2).status_code == 200
    except requests.RequestException:
        return False
