"""Puts a group of arrivals into PostgreSQL's tables with one statement, whatever the number of them."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg

from handlers.inbox.arrival import Arrival, Receipt
from handlers.inbox.groups import Delivery, delivery_of, written
from handlers.inbox.postgresql import Postgresql

AGAIN_SECONDS = 0.05
# Rows of `event` are locked in the order of source and external id, here as everywhere, so that nobody waits in a circle.
_KEEP = """
WITH arrival AS (
  SELECT place, source, external_id, delivery_id, action, detail, content,
    coalesce(received_at, EXTRACT(EPOCH FROM statement_timestamp())::float8) AS received_at
  FROM unnest(
    %(place)b::int[], %(source)b::text[], %(external_id)b::text[], %(delivery_id)b::text[], %(action)b::text[],
    %(received_at)b::float8[], %(detail)b::text[], %(content)b::bytea[]
  ) AS given(place, source, external_id, delivery_id, action, received_at, detail, content)
), fresh AS (
  SELECT arrival.*, nextval(pg_get_serial_sequence('notification', 'id')) AS number FROM arrival
  WHERE delivery_id IS NULL OR external_id IS NULL OR NOT EXISTS (
    SELECT FROM notification held
    WHERE held.source = arrival.source AND held.delivery_id = arrival.delivery_id AND held.event_id IS NOT NULL
  )
  ORDER BY place
), marked AS (
  INSERT INTO event (source, external_id, changes, changed_at, due_at)
  SELECT source, external_id, count(*), min(received_at), min(received_at) + %(debounce)s::float8
  FROM fresh WHERE external_id IS NOT NULL GROUP BY source, external_id ORDER BY source, external_id
  ON CONFLICT (source, external_id) DO UPDATE SET
    changes = event.changes + excluded.changes,
    changed_at = coalesce(event.changed_at, excluded.changed_at),
    due_at = coalesce(event.due_at, excluded.due_at)
  RETURNING id, source, external_id
), stored AS (
  INSERT INTO notification
    (id, source, event_id, delivery_id, action, received_at, outcome, reason, detail, settled_at)
  SELECT number, fresh.source, marked.id, delivery_id, action, received_at,
    CASE WHEN detail IS NULL THEN 'pending' ELSE 'dead' END, CASE WHEN detail IS NULL THEN NULL ELSE 'invalid' END,
    detail, CASE WHEN detail IS NULL THEN NULL ELSE received_at END
  FROM fresh LEFT JOIN marked ON marked.source = fresh.source AND marked.external_id = fresh.external_id
  ON CONFLICT (source, delivery_id) WHERE delivery_id IS NOT NULL AND event_id IS NOT NULL DO NOTHING
  RETURNING id
), kept AS (
  INSERT INTO body (notification_id, content) SELECT number, content FROM fresh JOIN stored ON stored.id = number
  RETURNING notification_id
)
-- What another transaction kept meanwhile is no row of `kept`: dividing by zero makes all of this void.
SELECT place, number / (notification_id IS NOT NULL)::int FROM fresh LEFT JOIN kept ON notification_id = number
"""
_TRACE = "INSERT INTO trace (notification_id, context) SELECT * FROM unnest(%s::bigint[], %s::text[])"
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
        """Within a transaction: keep the arrivals in their order, each delivery once; a receipt for each.

        What another transaction makes void is done once more in a new one, as nothing was written then.
        """
        try:
            return self._keep(cursor, arrivals)
        except _RACED:
            cursor.connection.rollback()
            time.sleep(AGAIN_SECONDS)  # whoever was in the way is to be through first
            cursor.execute(Postgresql.begin)
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
        columns = {
            "place": list(places),
            "source": [one.source for one in group],
            "external_id": [one.event for one in group],
            "delivery_id": [one.delivery_id for one in group],
            "action": [one.action for one in group],
            "received_at": [one.received_at for one in group],
            "detail": [None if one.errors is None else written(one.errors) for one in group],
            "content": [one.body for one in group],
        }
        parameters = {**columns, "debounce": self._debounce}
        if any(one.trace for one in group):
            cursor.execute(_KEEP, parameters)
            numbers = dict(cursor.fetchall())
            traced = [(number, arrivals[place].trace) for place, number in numbers.items() if arrivals[place].trace]
            cursor.execute(_TRACE, [list(column) for column in zip(*traced, strict=True)] or [[], []])
            return numbers
        with cursor.connection.pipeline():  # the commit goes with the statement: it waits for no answer to it
            cursor.execute(_KEEP, parameters)
            cursor.connection.commit()
        return dict(cursor.fetchall())


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
