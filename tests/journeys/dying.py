"""A worker in a process of its own that kills itself at a given point of its work, as a power cut would."""

import os
import signal
from multiprocessing import get_context

from sqlalchemy import event

from app import Marquee
from handlers.configuration import configure
from handlers.forwarding.outgoing import Outgoing
from handlers.inbox.lease import Lease
from handlers.platforms import discover

LEASE_SECONDS = 1.0
CALL = "batch/update"
# What a transaction writes tells which step it is: doubt about what is being sent, or its settlement.
MARKS = {"INSERT INTO attempt": "settling", "UPDATE link": "announcing", "INSERT INTO link": "announcing"}

_processes = get_context("forkserver")
_processes.set_forkserver_preload(["app", "dying"])


class Death:
    """At the point that is called so, once for all processes that share `armed`."""

    def __init__(self, point, armed):
        self._point = point
        self._armed = armed

    def at(self, point):
        """Here it dies, if this is the point."""
        if point == self._point and self._armed.is_set():
            self._armed.clear()
            os.kill(os.getpid(), signal.SIGKILL)


class DyingOutgoing(Outgoing):
    """Calls HubSpot, and may die before a call or when its answer is there."""

    def __init__(self, death, base_url, timeout):
        super().__init__(base_url, timeout)
        self._death = death

    def call(self, method, path, **rest):
        if path.endswith(CALL):
            self._death.at("before the call")
        reply = super().call(method, path, **rest)
        if path.endswith(CALL):
            self._death.at("after the answer")
        return reply


def watch(engine, death):
    """Let it die within a transaction, at its end, or right after."""

    def begun(connection):
        connection.info.pop("step", None)

    def done(connection, _cursor, statement, *_):
        step = next((step for mark, step in MARKS.items() if mark in statement), None)
        if step and connection.info.setdefault("step", step) == step:
            death.at(f"while {step}")

    def committing(connection):
        death.at(f"before {connection.info.get('step')} is committed")

    def returned(_driver, record):
        death.at(f"after {record.info.pop('step', None)}")

    event.listen(engine, "begin", begun)
    event.listen(engine, "after_cursor_execute", done)
    event.listen(engine, "commit", committing)
    event.listen(engine, "checkin", returned)


def work(point, armed, settings):
    """Be a worker until killed."""
    os.environ.update(settings)
    platforms = discover()
    marquee = Marquee(configure(platforms), platforms)
    given, death = marquee.configuration.settings, Death(point, armed)
    watch(marquee.database.engine, death)
    marquee._outgoing = DyingOutgoing(death, given.hubspot_base_url, given.hubspot_timeout)
    marquee.lease = Lease(marquee.database, lasts=LEASE_SECONDS)
    marquee.work()


class Workers:
    """Two of them, of which the one that leads dies at `point` once they are armed."""

    def __init__(self, point, settings):
        self._armed = _processes.Event()
        self.processes = [_processes.Process(target=work, args=(point, self._armed, settings)) for _ in range(2)]
        for process in self.processes:
            process.start()

    def arm(self):
        """From now on whoever comes to the point dies; nobody after it."""
        self._armed.set()

    def dead(self):
        """Those that killed themselves."""
        return [process for process in self.processes if process.exitcode == -signal.SIGKILL]

    def remove(self):
        for process in self.processes:
            process.kill()
            process.join()
            process.close()
