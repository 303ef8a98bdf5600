"""Fills an inbox by bulk statements, as many thousand notifications a second as the database takes."""

import time

SOURCES = tuple(f"src-{number}" for number in range(4))
FIRST_OBJECT = 10_000_000
SETTLED = 100_000
EACH = 2  # notifications that wait, of each event that waits
LEAST_EVENTS = 100_000
_SERIES = {
    "sqlite": "(WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last}) SELECT i FROM n)",
    "postgresql": "generate_series({first}, {last}) n(i)",
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
INSERT INTO notification (id, source, event_id, delivery_id, action, received_at, outcome, reason, settled_at)
  SELECT i, 'src-' || ({event} % 4), {event}, 'd-' || i, 'event.changed', {since} + {step} * (i - {first}),
    {outcome}, {reason}, {settled} FROM {notes};
INSERT INTO body (notification_id, content) SELECT i, {body} FROM {notes}
"""
_DUE = "UPDATE event SET changes = changes + 1, changed_at = {since}, due_at = {since} + {step} * id WHERE id <= {last}"
_NAME = '\'{{"id":"ev-\' || {event} || \'","version":\' || i || \',"eventName":"Event, version \' || i || \'"}}\''


class Filling:
    """One inbox, whose notifications are numbered on; they were received evenly over the hour before now."""

    def __init__(self, database, events):
        self.database, self.events, self.last = database, events, 0
        self._run(_EVENTS, events=self._series(1, events), object=FIRST_OBJECT)

    def settled(self, count, before=7200.0):
        """Notifications that were sent, one of a hundred dead, received in the hour up to `before` seconds ago."""
        given = {"outcome": "CASE WHEN i % 100 = 0 THEN 'dead' ELSE 'sent' END", "settled": "{since} + 1"}
        reason = "CASE WHEN i % 100 = 0 THEN 'rejected_by_hubspot' END"
        self._add(count, f"(1 + i % {self.events})", before, reason=reason, **given)

    def waiting(self, count):
        """Notifications that wait, as many of each event."""
        event = f"(1 + (i - {self.last + 1}) / {EACH})"
        since = self._add(count, event, 0.0, outcome="'pending'", reason="NULL", settled="NULL")
        self._run(_DUE, since=since, step=3600 / self.events, last=count // EACH)

    def end(self):
        """Let the database know what it has."""
        if self.database.dialect == "postgresql":
            for table in ("event", "notification"):
                self._run(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
            self._run("VACUUM ANALYZE")

    def _add(self, count, event, before, **given):
        first, since = self.last + 1, time.time() - before - 3600
        body = _BODY[self.database.dialect].format(_NAME.format(event=event))
        notes = self._series(first, first + count - 1)
        words = {name: value.format(since=since) for name, value in given.items()}
        span = {"event": event, "since": since, "step": 3600 / count, "first": first}
        self._run(_NOTIFICATIONS, notes=notes, body=body, **span, **words)
        self.last += count
        return since

    def _series(self, first, last):
        return _SERIES[self.database.dialect].format(first=first, last=last)

    def _run(self, statements, **given):
        with self.database.turn(), self.database.engine.connect() as connection:
            for statement in statements.strip().split(";\n"):
                written = statement.format(**given) if given else statement
                connection.exec_driver_sql(
                    written.replace("%", "%%") if self.database.dialect == "postgresql" else written
                )
            connection.commit()
