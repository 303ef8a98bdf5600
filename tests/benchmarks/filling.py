"""Fills an inbox by bulk statements, as many thousand notifications a second as the database takes."""

import time

SOURCES = tuple(f"src-{number}" for number in range(4))
FIRST_OBJECT = 10_000_000
SETTLED = 100_000
EACH = 2  # notifications that wait, of each event that waits
A_CALL = 100  # events
LEAST_EVENTS = 100_000
_SERIES = {
    "sqlite": "(WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last}) SELECT i FROM n)",
    "postgresql": "generate_series({first}, {last}) n(i)",
}
_QUICKLY = {
    "sqlite": ("PRAGMA synchronous = OFF", "PRAGMA foreign_keys = OFF", "PRAGMA cache_size = -400000"),
    "postgresql": ("SET synchronous_commit = off", "SET session_replication_role = replica"),
}
_BODY = {"sqlite": "CAST({} AS BLOB)", "postgresql": "convert_to({}, 'UTF8')"}
_EVENTS = """
INSERT INTO event (id, source, external_id, changes, changed_at, due_at)
  SELECT i, 'src-' || (i % 4), 'ev-' || i, 0, NULL, NULL FROM {events};
INSERT INTO state (event_id, fields, stamps, version, published)
  SELECT i, '{{"eventName":"before"}}', '{{}}', 0, true FROM {events};
INSERT INTO link (event_id, object_id, found_by, confirmed)
  SELECT i, CAST({object} + i AS TEXT), 'hubspot', '{{}}' FROM {events}
"""
_NOTIFICATIONS = """
INSERT INTO notification (id, source, event_id, delivery_id, action, received_at, outcome, reason, settled_at, attempt_id)
  SELECT i, 'src-' || ({event} % 4), {event}, 'd-' || i, 'event.changed', {since} + {step} * (i - {first}),
    {outcome}, {reason}, {settled}, {attempt} FROM {notes};
INSERT INTO body (notification_id, content) SELECT i, {body} FROM {notes}
"""
_ATTEMPTS = """
INSERT INTO attempt (id, batch, sent_at, seconds, status, inputs, updated, failed)
  SELECT i, 'b-' || i, {since} + {step} * i, 0.1, 200, {a_call}, {a_call}, 0 FROM {attempts};
INSERT INTO input (attempt_id, event_id, fields, result)
  SELECT {attempt}, {event}, '{{"eventName":"before"}}', 'confirmed' FROM {notes}
"""
_NEXT = "SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT coalesce(max(id), 1) FROM {table}))"
_DUE = "UPDATE event SET changes = changes + 1, changed_at = {since}, due_at = {since} + {step} * id WHERE id <= {last}"
_NAME = '\'{{"id":"ev-\' || {event} || \'","version":\' || i || \',"eventName":"Event, version \' || i || \'"}}\''


class Filling:
    """One inbox, whose notifications are numbered on; they were received evenly over the hour before now."""

    def __init__(self, database, events):
        self.database, self.events, self.last = database, events, 0
        self._run(_EVENTS, events=self._series(1, events), object=FIRST_OBJECT)

    def settled(self, count, before=7200.0, *, attempts=False):
        """Notifications that were sent, one of a hundred dead, received in the hour up to `before` seconds ago.

        On request with the attempts that settled them, which tell what each said of its events.
        """
        event = f"(1 + i % {self.events})"
        attempt = f"(1 + i / {A_CALL})" if attempts else "NULL"
        if attempts:
            numbers, notes = self._series(1, 1 + (self.last + count) // A_CALL), self._series(1, count)
            when = {"since": time.time() - before - 3600, "step": 3600 / count * A_CALL}
            self._run(_ATTEMPTS, attempts=numbers, notes=notes, attempt=attempt, event=event, a_call=A_CALL, **when)
        given = {
            "outcome": "CASE WHEN i % 100 = 0 THEN 'dead' ELSE 'sent' END",
            "settled": "{since} + {step} * (i - {first}) + 1",
        }
        reason = "CASE WHEN i % 100 = 0 THEN 'rejected_by_hubspot' END"
        self._add(count, event, before, reason=reason, attempt=attempt, **given)

    def waiting(self, count):
        """Notifications that wait, as many of each event."""
        event = f"(1 + (i - {self.last + 1}) / {EACH})"
        since = self._add(count, event, 0.0, outcome="'pending'", reason="NULL", settled="NULL", attempt="NULL")
        self._run(_DUE, since=since, step=3600 / self.events, last=count // EACH)

    def end(self):
        """Let the database know what it has."""
        if self.database.dialect == "postgresql":
            self._execute(
                *(_NEXT.format(table=table) for table in ("event", "notification", "attempt")), "VACUUM ANALYZE"
            )

    def _add(self, count, event, before, **given):
        first, since = self.last + 1, time.time() - before - 3600
        body = _BODY[self.database.dialect].format(_NAME.format(event=event))
        notes = self._series(first, first + count - 1)
        span = {"event": event, "since": since, "step": 3600 / count, "first": first}
        words = {name: value.format(**span) for name, value in given.items()}
        self._run(_NOTIFICATIONS, notes=notes, body=body, **span, **words)
        self.last += count
        return since

    def _series(self, first, last):
        return _SERIES[self.database.dialect].format(first=first, last=last)

    def _run(self, statements, **given):
        self._execute("BEGIN", *(part.format(**given) for part in statements.strip().split(";\n")), "COMMIT")

    def _execute(self, *statements):
        """By a connection that nobody uses after, since it checks little and does not wait for the disk."""
        with self.database.turn(), self.database.engine.connect() as connection:
            cursor = connection.connection.cursor()
            for statement in (*_QUICKLY[self.database.dialect], *statements):
                cursor.execute(statement)
            connection.invalidate()
