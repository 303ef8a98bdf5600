"""The tables of the inbox. Times are Unix seconds, UTC."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

metadata = MetaData()
_Id = BigInteger().with_variant(Integer, "sqlite")

# One row a platform's event: who it is, and since when it waits to be sent. Narrow, because every notification touches it.
event = Table(
    "event",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("source", String(64), nullable=False),
    Column("external_id", String(255), nullable=False),
    Column("changes", BigInteger, nullable=False),  # counts notifications: tells whether one came while it was sent
    Column("changed_at", Double),  # since when something waits; null: nothing does
    Column("due_at", Double),  # when the worker shall take it up; null: nothing to do
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("missing_since", Double),  # since when HubSpot has been asked in vain
    Column("waits_for", String(64)),  # why it was put off
    Index("event_identity", "source", "external_id", unique=True),
    Index("event_due", "due_at", sqlite_where=text("due_at IS NOT NULL"), postgresql_where=text("due_at IS NOT NULL")),
    # For counting what waits.
    Index(
        "event_waiting",
        "source",
        "changed_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
        postgresql_concurrently=True,
    ),
    sqlite_autoincrement=True,
)

# What the platform says of an event, merged field by field.
state = Table(
    "state",
    metadata,
    Column("event_id", _Id, ForeignKey("event.id"), primary_key=True),
    Column("fields", JSON, nullable=False),
    Column("stamps", JSON, nullable=False),  # field -> [version, notification] that said it last
    Column("version", Double, nullable=False),  # the newest version heard of
    Column("published", Boolean, nullable=False),  # it was public at some time
    Column("words", String(255)),  # its name, to be searched: casefolded
    Column("standing", String(16)),  # what the last settling of the event came to: sent, unchanged or dead ...
    Column("reason", String(64)),  # ... and why
    # All that an operator looks for, so that nobody need read the fields of every event.
    Index("state_told", "standing", "reason", "event_id", "words", postgresql_concurrently=True),
)

# Which marketing event stands for an event, and what HubSpot last confirmed of it.
link = Table(
    "link",
    metadata,
    Column("event_id", _Id, ForeignKey("event.id"), primary_key=True),
    Column("object_id", String(32), nullable=False, unique=True),
    Column("found_by", String(16), nullable=False),
    Column("confirmed", JSON, nullable=False),
    Column("confirmed_at", Double),
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("batch", String(32), nullable=False),
    Column("sent_at", Double, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("status", Integer),
    Column("fault", String(64)),
    Column("hubspot_status", String(32)),
    Column("inputs", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("correlation_id", String(64)),
    Index("attempt_sent_at", "sent_at"),
    sqlite_autoincrement=True,
)

# What each call said of each event: one entry of HubSpot's `inputs` with what became of it. It leaves with its attempt.
told = Table(
    "input",
    metadata,
    Column("attempt_id", _Id, ForeignKey("attempt.id", ondelete="CASCADE"), primary_key=True),
    Column("event_id", _Id, ForeignKey("event.id"), primary_key=True),
    Column("fields", JSON, nullable=False),  # flat; long texts are cut
    Column("result", String(16), nullable=False),  # confirmed, rejected or open
    Index("input_event", "event_id", "attempt_id"),
    sqlite_with_rowid=False,
)

notification = Table(
    "notification",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("source", String(64), nullable=False),
    Column("event_id", _Id, ForeignKey("event.id")),  # null: refused as no notification of its platform
    Column("delivery_id", String(255)),
    Column("action", String(255)),
    Column("received_at", Double, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("reason", String(64)),
    Column("detail", Text),
    Column("settled_at", Double),
    Column("attempt_id", _Id, ForeignKey("attempt.id")),
    # A refused delivery does not take its id, so that a mended redelivery is judged afresh.
    Index(
        "notification_delivery",
        "source",
        "delivery_id",
        unique=True,
        sqlite_where=text("delivery_id IS NOT NULL AND event_id IS NOT NULL"),
        postgresql_where=text("delivery_id IS NOT NULL AND event_id IS NOT NULL"),
    ),
    Index(
        "notification_pending",
        "event_id",
        "id",
        sqlite_where=text("outcome = 'pending'"),
        postgresql_where=text("outcome = 'pending'"),
    ),
    Index("notification_event", "event_id", "id"),
    # For lists: one source's notifications of one outcome, in their order.
    Index("notification_listed", "source", "outcome", "id", postgresql_concurrently=True),
    # What came from outside, and not from Marquee itself.
    Index(
        "notification_heard",
        "source",
        "id",
        sqlite_where=text("action IS NOT 'marquee.hint'"),
        postgresql_where=text("action IS DISTINCT FROM 'marquee.hint'"),
    ),
    Index(
        "notification_died",
        "source",
        "reason",
        "id",
        sqlite_where=text("outcome = 'dead'"),
        postgresql_where=text("outcome = 'dead'"),
        postgresql_concurrently=True,
    ),
    Index(
        "notification_settled",
        "settled_at",
        sqlite_where=text("settled_at IS NOT NULL"),
        postgresql_where=text("settled_at IS NOT NULL"),
    ),
    # For attempts to leave: which notifications name one is asked for each.
    Index(
        "notification_attempt",
        "attempt_id",
        sqlite_where=text("attempt_id IS NOT NULL"),
        postgresql_where=text("attempt_id IS NOT NULL"),
        postgresql_concurrently=True,
    ),
    sqlite_autoincrement=True,
)

# The raw truth, apart from the rows that are searched.
body = Table(
    "body",
    metadata,
    Column("notification_id", _Id, ForeignKey("notification.id", ondelete="CASCADE"), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

# The span of the webhook that brought it, as a `traceparent`; written only while traces are kept.
trace = Table(
    "trace",
    metadata,
    Column("notification_id", _Id, ForeignKey("notification.id", ondelete="CASCADE"), primary_key=True),
    Column("context", String(64), nullable=False),
)

lease = Table(
    "lease",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("holder", String(128), nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("expires_at", Double, nullable=False),
)

pause = Table(
    "pause",
    metadata,
    # who stopped it: "operator", "sending" for HubSpot; of one source "held:<name>" an operator, "source:<name>" its platform
    Column("scope", String(80), primary_key=True),
    Column("reason", String(64), nullable=False),
    Column("since", Double, nullable=False),
    Column("until", Double, nullable=False),
    Column("detail", Text),
)

# What OAuth granted, encrypted. One row a configured refresh token, so that a process with another one is not disturbed.
credential = Table(
    "credential",
    metadata,
    Column("configured", String(64), primary_key=True),  # a keyed digest of the configured refresh token
    Column("sealed", Text, nullable=False),  # "" as long as nothing was granted
    Column("kept_at", Double, nullable=False),
    Column("claimed_until", Double, nullable=False),  # one process at a time renews: until then it is this one's turn
)

# How the list of a source's platform is compared with what is known of it: the run under way, if one is, and the last.
reconciliation = Table(
    "reconciliation",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("next_at", Double, nullable=False),  # when the worker shall begin, or go on
    Column("claimed_by", String(128)),  # one process at a time asks for a page: until then it is this one's turn
    Column("claimed_until", Double, nullable=False, server_default="0"),
    Column("begun_at", Double),  # null: no run is under way
    Column("following", Text),  # where the list goes on, in the platform's words; null: at its beginning
    Column("ended", Boolean, nullable=False, server_default="0"),  # all is listed; what is missing is still to be found
    Column("pages", Integer, nullable=False, server_default="0"),
    Column("listed", Integer, nullable=False, server_default="0"),
    Column("differing", Integer, nullable=False, server_default="0"),
    Column("tries", Integer, nullable=False, server_default="0"),  # how often in a row it was put off
    Column("fault", String(64)),  # why it was put off
    Column("last_finished", Double),
    Column("last_seconds", Double),
    Column("last_listed", Integer),
    Column("last_differing", Integer),
    Column("last_missing", Integer),
    Column("last_doubted", Boolean),
    Column("finished_runs", Integer, nullable=False, server_default="0"),
    Column("doubted_runs", Integer, nullable=False, server_default="0"),
    Column("put_off_runs", Integer, nullable=False, server_default="0"),
)

# Which events the platform listed, in the run that began then. Apart from the events, which every notification touches.
listed = Table(
    "listed",
    metadata,
    Column("event_id", _Id, ForeignKey("event.id"), primary_key=True),
    Column("run_at", Double, nullable=False),
    Column("digest", String(32), nullable=False),  # of what the list said
)

# Which sources fell silent, and when each was heard last.
silence = Table(
    "silence",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("since", Double, nullable=False),
)

# Who operated what, by which way, and when.
audit = Table(
    "audit",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("at", Double, nullable=False),
    Column("operator", String(128), nullable=False),
    Column("role", String(16), nullable=False),
    Column("via", String(16), nullable=False),
    Column("action", String(32), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("name", String(512), nullable=False),
    Column("detail", JSON, nullable=False),
    Index("audit_at", "at"),
    Index("audit_about", "kind", "name", "id"),
    sqlite_autoincrement=True,
)

# What signs the sessions of the pages, together with the passwords: so all processes agree, and neither suffices alone.
session_key = Table(
    "session_key",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("secret", LargeBinary, nullable=False),
)

# Sessions that their owner ended before their time.
ended_session = Table(
    "ended_session",
    metadata,
    Column("session", String(64), primary_key=True),
    Column("until", Double, nullable=False),
)

# How often a client, named by a keyed digest, failed to prove who it is, within the time that ends then.
failure = Table(
    "failure",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("until", Double, nullable=False),
)

# What was last said of each thing that alerts are about.
said = Table(
    "said",
    metadata,
    Column("topic", String(80), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("since", Double, nullable=False),
    Column("noted", JSON, nullable=False),
)

# Alerts that their receiver has not taken yet, in order.
alert = Table(
    "alert",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("key", String(64), nullable=False),  # the delivery's own id, the same however often it is tried
    Column("at", Double, nullable=False),
    Column("content", JSON, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("due_at", Double, nullable=False),
    sqlite_autoincrement=True,
)
