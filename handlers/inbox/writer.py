"""Stores what the door lets in: the requests that wait together share one transaction and one fsync."""

from collections.abc import Sequence

from handlers.errors import InboxUnavailable
from handlers.inbox.arrival import Arrival, Receipt
from handlers.inbox.database import Database
from handlers.inbox.groups import SqliteGroups
from handlers.inbox.line import Line, Ticket
from handlers.inbox.postgresql_groups import PostgresqlGroups

PATIENCE_SECONDS = 5.0


class Writer:
    """The door's end of the inbox. `debounce` is how many seconds an event waits for more changes."""

    def __init__(self, database: Database, debounce: float) -> None:
        self._database = database
        self._groups = groups_of(database, debounce)
        self._line = Line(self._keep, PATIENCE_SECONDS)

    def store(self, arrival: Arrival) -> Receipt:
        """Keep one notification; it is on disk when this returns. Raises `InboxUnavailable`, and then nothing is kept for sure."""
        return self._store((arrival,))[0]

    def store_all(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        """Keep all of them in one transaction, or none: a receipt for each, in their order. Raises as `store` does."""
        return list(self._store(arrivals)) if arrivals else []

    def _store(self, arrivals: Sequence[Arrival]) -> Sequence[Receipt]:
        ticket = Ticket(arrivals)
        if not self._line.join(ticket):
            raise InboxUnavailable("The writer before this one does not end.")
        if ticket.receipts is None:
            raise InboxUnavailable(str(ticket.failure)) from ticket.failure
        return ticket.receipts

    def _keep(self, line: Line) -> Sequence[Ticket]:
        """All that wait once it is this process's turn, settled: the longer that takes, the more share the next commit."""
        tickets: Sequence[Ticket] = ()
        try:
            with self._database.turn():
                tickets = line.all()
                self._settle(tickets)
        except Exception as failure:  # noqa: BLE001 - whoever waits is to hear of it, whatever it is
            tickets = tickets or line.all()
            _fail(tickets, failure)
        return tickets

    def _settle(self, tickets: Sequence[Ticket]) -> None:
        try:
            receipts = self._commit([arrival for ticket in tickets for arrival in ticket.arrivals])
        except InboxUnavailable:
            raise
        except Exception as failure:  # noqa: BLE001 - whatever one ticket sets off, it must not refuse those beside it
            self._settle_singly(tickets, failure)
        else:
            first = 0
            for ticket in tickets:
                following = first + len(ticket.arrivals)
                ticket.receipts, first = receipts[first:following], following

    def _settle_singly(self, tickets: Sequence[Ticket], failure: Exception) -> None:
        if len(tickets) == 1:
            tickets[0].failure = failure
        else:
            for ticket in tickets:
                self._settle([ticket])

    def _commit(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        with self._database.write_plainly() as cursor:
            return self._groups.keep(cursor, arrivals)


def _fail(tickets: Sequence[Ticket], failure: Exception) -> None:
    for ticket in tickets:
        if ticket.receipts is None:
            ticket.failure = failure


def groups_of(database: Database, debounce: float) -> SqliteGroups | PostgresqlGroups:
    """The statements that this kind of database keeps arrivals with."""
    dialect = database.engine.dialect
    return SqliteGroups(dialect, debounce) if dialect.name == "sqlite" else PostgresqlGroups(debounce)
