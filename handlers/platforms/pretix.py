"""pretix, hosted or one's own. What it says and answers is in `handlers.pretix_family`.

Sources: https://docs.pretix.eu/dev/api/, and what a pretix 2026.8.0 was seen to send and answer.
"""

from handlers.pretix_family.member import member
from handlers.pretix_family.reading import Dialect
from schemas.platforms.pretix import PretixSourceSchema

DIALECT = Dialect(
    words=frozenset({"pretix"}),
    kinds=frozenset(
        (
            *("event.added", "event.changed", "event.deleted", "event.live.activated", "event.live.deactivated"),
            *("event.testmode.activated", "event.testmode.deactivated"),
            *("subevent.added", "subevent.changed", "subevent.deleted"),
        )
    ),
    public=frozenset({"event.live.activated", "event.live.deactivated", "event.deleted"}),
)
CALLS_PER_SECOND = 3.0
"""Half of what an organizer of pretix.eu may: https://docs.pretix.eu/dev/api/ratelimit.html; other programs want some."""

PLATFORM = member("pretix", PretixSourceSchema, DIALECT, CALLS_PER_SECOND)
