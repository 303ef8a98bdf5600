"""PostgreSQL keeps the plan of what the door does by a function of its own: planning it anew cost more than doing it."""

from alembic import op

revision = "0011"
down_revision = "0010"

# One statement for a group of arrivals, whatever the number of them; the answer is the place, from 1, and the number of
# each that was new.
# Rows of `event` are locked in the order of source and external id, here as everywhere, so that nobody waits in a circle.
# What another transaction keeps meanwhile is no row of `kept`: dividing by zero makes all of this void.
# A changed one gets a new name: the version before this one goes on calling it while both run.
_KEEP = """
CREATE FUNCTION keep_arrivals(
  sources text[], external_ids text[], delivery_ids text[], actions text[],
  moments float8[], details text[], contents bytea[], traces text[], debounce float8
) RETURNS TABLE (place bigint, number bigint) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET lock_timeout = '5s' AS $keep$
#variable_conflict use_column
BEGIN RETURN QUERY
WITH arrival AS (
  SELECT place, source, external_id, delivery_id, action, detail, content, context,
    coalesce(received_at, EXTRACT(EPOCH FROM statement_timestamp())::float8) AS received_at
  FROM unnest(sources, external_ids, delivery_ids, actions, moments, details, contents, traces)
    WITH ORDINALITY AS given(source, external_id, delivery_id, action, received_at, detail, content, context, place)
), fresh AS (
  SELECT arrival.*, nextval(pg_get_serial_sequence('notification', 'id')) AS number FROM arrival
  WHERE delivery_id IS NULL OR external_id IS NULL OR NOT EXISTS (
    SELECT FROM notification held
    WHERE held.source = arrival.source AND held.delivery_id = arrival.delivery_id AND held.event_id IS NOT NULL
  )
  ORDER BY place
), marked AS (
  INSERT INTO event (source, external_id, changes, changed_at, due_at)
  SELECT source, external_id, count(*), min(received_at), min(received_at) + debounce
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
), traced AS (
  INSERT INTO trace (notification_id, context)
  SELECT number, context FROM fresh JOIN stored ON stored.id = number WHERE context IS NOT NULL
)
SELECT fresh.place, number / (notification_id IS NOT NULL)::int FROM fresh LEFT JOIN kept ON notification_id = number;
END $keep$
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_KEEP)
