"""eventyay, which sends and answers as the pretix that it was forked from. See `handlers.pretix_family`.

Sources: https://github.com/fossasia/eventyay-tickets (until 2025; below /tickets) and https://github.com/fossasia/eventyay
(since), `api/webhooks.py`, `api/serializers/event.py`, `api/views/event.py`. Nothing was captured.

- Neither tells when an event goes live or offline, nor has an event's object its address.
- The newer one calls dates `eventyay.subevent.…`. It registers webhooks for `pretix.event.…` but logs `eventyay.event.…`, so
  that it may tell of no event at all: its list does, every `reconcile_hours`.
- It tries nine times more in about three days, and an answer of 410 switches the webhook off.
"""

from handlers.pretix_family.member import member
from handlers.pretix_family.reading import Dialect
from schemas.platforms.eventyay import EventyaySourceSchema

DIALECT = Dialect(
    words=frozenset({"pretix", "eventyay"}),
    kinds=frozenset(f"{what}.{how}" for what in ("event", "subevent") for how in ("added", "changed", "deleted")),
    public=frozenset({"event.deleted"}),
)
CALLS_PER_SECOND = 2.5
"""Half of what a token may: `DEFAULT_THROTTLE_RATES` in eventyay's `config/settings.py` are 300 a minute."""

PLATFORM = member("eventyay", EventyaySourceSchema, DIALECT, CALLS_PER_SECOND)
