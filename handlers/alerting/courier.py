"""Brings alerts to their receiver in order, as often as it takes; and, in every process, notices that nobody leads."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event as Flag
from typing import Protocol

import orjson
import structlog

from handlers.alerting import states
from handlers.alerting.changes import tell
from handlers.errors import InboxUnavailable
from handlers.forwarding.outgoing import Reply
from handlers.inbox import reports
from handlers.inbox.alerts import Alert, claim, get_said, let_go, put_off
from handlers.inbox.clock import steady
from handlers.inbox.database import Database
from handlers.receiving.verifier import sign
from handlers.signatures import StandardWebhooks
from schemas.alerts import Receiver

LOOK_SECONDS = 5.0
CALL_SECONDS = 10.0
CLAIM_SECONDS = 60.0
FIRST_WAIT, LONGEST_WAIT = 5.0, 600.0
GIVE_UP_SECONDS = 3 * 86400.0
_log = structlog.get_logger()


class Outgoing(Protocol):
    """One host that is called."""

    def call(
        self, method: str, path: str, *, content: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Send one request; never raises for what the other side does."""
        ...


@dataclass
class Courier:
    """For one thread of each process. `clock` tells Unix seconds; `monotonic` measures how long nobody leads."""

    database: Database
    outgoing: Outgoing
    receiver: Receiver
    clock: Callable[[], float]
    monotonic: Callable[[], float] = steady
    _missing_since: float | None = None

    def run(self, stop: Flag) -> None:
        """Look every few seconds until told to stop."""
        while not stop.wait(LOOK_SECONDS):
            self.turn()

    def turn(self) -> None:
        """Notice, and bring what is due. Never raises: the next turn begins afresh."""
        try:
            self._look_for_leader()
            while (alert := claim(self.database, CLAIM_SECONDS)) and self._bring(alert):
                pass
        except InboxUnavailable as error:
            _log.warning("alerts wait for the inbox", action="alert.inbox_unavailable", detail=str(error))
        except Exception:  # noqa: BLE001 - whatever it is, alerts must go on
            _log.exception("alerts failed", action="alert.failed")

    def _look_for_leader(self) -> None:
        moment = self.monotonic()
        if reports.leader(self.database):
            self._missing_since = None
        elif self._missing_since is None:
            self._missing_since = moment
        missing = None if self._missing_since is None else moment - self._missing_since
        if missing is None or missing >= states.LASTING_SECONDS:
            now = states.leader(missing)
            tell(self.database, "leader", get_said(self.database).get("leader"), now, self.clock())

    def _bring(self, alert: Alert) -> bool:
        """Whether it was taken, or is too old to be tried again."""
        body, moment = orjson.dumps(alert.content), self.clock()
        signed = sign(StandardWebhooks(), self.receiver.secret, body, alert.key, moment)
        headers = {**signed.headers, "Content-Type": "application/json"}
        reply = self.outgoing.call("POST", self.receiver.path, content=body, headers=headers)
        is_taken = reply.status is not None and 200 <= reply.status < 300
        said = {"alert": alert.content["type"], "tries": alert.tries, "status": reply.status, "fault": reply.fault}
        if is_taken:
            _log.info("an alert was taken", action="alert.posted", **said)
        elif moment - alert.at < GIVE_UP_SECONDS:
            _log.warning("an alert was not taken, and is tried again", action="alert.refused", **said)
            put_off(self.database, alert, wait_after(alert.tries))
            return False
        else:
            _log.error("nobody took an alert for days, so it is given up", action="alert.given_up", **said)
        let_go(self.database, alert)
        return True


def wait_after(tries: int) -> float:
    """Seconds to wait after so many tries: twice as long each time, ten minutes at most."""
    return min(LONGEST_WAIT, FIRST_WAIT * math.pow(2, min(tries - 1, 20)))
