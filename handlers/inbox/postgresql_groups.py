"""Puts a group of arrivals into PostgreSQL's tables with one statement, whatever the number of them."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg

from handlers.inbox.arrival import Arrival, Receipt
from handlers.inbox.groups import Delivery, delivery_of, written

AGAIN_SECONDS = 0.05
# The function is made by a migration: so the server keeps its plan, which no prepared statement may do behind a pooler.
_KEEP = """
SELECT place, number FROM keep_arrivals(
  %(sources)b::text[], %(external_ids)b::text[], %(delivery_ids)b::text[], %(actions)b::text[],
  %(moments)b::float8[], %(details)b::text[], %(contents)b::bytea[], %(traces)b::text[], %(debounce)b::float8
)
"""
_HELD = """
SELECT source, delivery_id, id FROM notification
WHERE (source, delivery_id) IN (SELECT * FROM unnest(%s::text[], %s::text[])) AND event_id IS NOT NULL
"""


_RACED = (
    psycopg.errors.DivisionByZero,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
)


class PostgresqlGroups:
    """The door's statements. `debounce` is how many seconds an event waits for more changes."""

    def __init__(self, debounce: float) -> None:
        self._debounce = debounce

    def keep(self, cursor: Any, arrivals: Sequence[Arrival]) -> list[Receipt]:
        """Keep the arrivals in their order, each delivery once, in a transaction of their own; a receipt for each.

        What another transaction makes void is done once more, as nothing was written then.
        """
        try:
            return self._keep(cursor, arrivals)
        except _RACED:
            time.sleep(AGAIN_SECONDS)  # whoever was in the way is to be through first
            return self._keep(cursor, arrivals)

    def _keep(self, cursor: Any, arrivals: Sequence[Arrival]) -> list[Receipt]:
        firsts = _firsts(arrivals)
        fresh = self._insert(cursor, arrivals, firsts)
        known = {delivery: fresh[place] for place in fresh if (delivery := delivery_of(arrivals[place]))}
        others = [arrivals[place] for place in firsts if place not in fresh]
        known |= _held(cursor, others) if others else {}
        return [_receipt(fresh.get(place), arrival, known) for place, arrival in enumerate(arrivals)]

    def _insert(self, cursor: Any, arrivals: Sequence[Arrival], places: Sequence[int]) -> dict[int, int]:
        """The places of those that were new, with their numbers. Raises `psycopg.Error`."""
        group = [arrivals[place] for place in places]
        parameters = {
            "sources": [one.source for one in group],
            "external_ids": [one.event for one in group],
            "delivery_ids": [one.delivery_id for one in group],
            "actions": [one.action for one in group],
            "moments": [one.received_at for one in group],
            "details": [None if one.errors is None else written(one.errors) for one in group],
            "contents": [one.body for one in group],
            "traces": [one.trace for one in group],
            "debounce": self._debounce,
        }
        cursor.execute(_KEEP, parameters)
        return {places[place - 1]: number for place, number in cursor.fetchall()}


def _firsts(arrivals: Sequence[Arrival]) -> list[int]:
    """The places of all but those whose delivery came before in the same group."""
    seen: set[Delivery] = set()
    places = []
    for place, arrival in enumerate(arrivals):
        delivery = delivery_of(arrival)
        if delivery is None or delivery not in seen:
            places.append(place)
        if delivery is not None:
            seen.add(delivery)
    return places


def _receipt(number: int | None, arrival: Arrival, known: Mapping[Delivery, int]) -> Receipt:
    if number is not None:
        return Receipt(str(number), duplicate=False)
    delivery = delivery_of(arrival)
    if delivery is None or delivery not in known:
        raise LookupError("A notification was neither stored nor there already.")
    return Receipt(str(known[delivery]), duplicate=True)


def _held(cursor: Any, arrivals: Sequence[Arrival]) -> dict[Delivery, int]:
    """The notifications that hold the arrivals' delivery ids."""
    cursor.execute(_HELD, ([one.source for one in arrivals], [one.delivery_id for one in arrivals]))
    return {(source, delivery_id): number for source, delivery_id, number in cursor.fetchall()}
