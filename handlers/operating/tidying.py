"""What is kept of operators and strangers leaves after its time."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from handlers.forwarding.jobs import Jobs
from handlers.inbox.audit import purge_audit
from handlers.inbox.database import Database
from handlers.inbox.guarding import purge_guards

LOOK_SECONDS = 3600.0


@dataclass
class Tidy:
    """For the one thread of a worker, which looks every hour while it leads. `audit_seconds`: how long entries stay."""

    database: Database
    audit_seconds: float
    clock: Callable[[], float] = time.time
    _look_at: float = float("-inf")

    def __call__(self, _jobs: Jobs) -> None:
        """Each turn: a small step at a time. Raises `InboxUnavailable`."""
        moment = self.clock()
        if moment < self._look_at or purge_audit(self.database, moment - self.audit_seconds):
            return
        purge_guards(self.database)
        self._look_at = moment + LOOK_SECONDS
