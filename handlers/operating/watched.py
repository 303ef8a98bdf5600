"""The door's inbox, which remembers whether the last that came could be kept: then a load balancer need not send more."""

from collections.abc import Sequence
from dataclasses import dataclass

from handlers.errors import InboxUnavailable
from handlers.inbox.arrival import Arrival, Receipt
from handlers.inbox.database import Database
from handlers.inbox.probing import probe
from handlers.receiving.door import Inbox


@dataclass
class WatchedInbox:
    """Keeps what `inbox` keeps, in the same `database`."""

    inbox: Inbox
    database: Database
    _failed: bool = False

    def store(self, arrival: Arrival) -> Receipt:
        """As the inbox does."""
        return self.store_all((arrival,))[0]

    def store_all(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        """As the inbox does."""
        try:
            receipts = self.inbox.store_all(arrivals)
        except InboxUnavailable:
            self._failed = True
            raise
        self._failed = False
        return receipts

    def refuses(self) -> str | None:
        """Why nothing can be kept, where the last try failed and one more does; nobody need send anything to end that."""
        if not self._failed:
            return None
        try:
            probe(self.database)
        except InboxUnavailable as error:
            return str(error)
        self._failed = False
        return None
