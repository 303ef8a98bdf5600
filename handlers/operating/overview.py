"""How things stand, for the status: what waits, what died, and why nothing is sent."""

from collections.abc import Mapping
from typing import Any

from handlers.inbox import reports
from handlers.inbox.counts import Tally
from handlers.inbox.database import Database
from handlers.inbox.pauses import get_pause, get_source_pauses, held_sources
from handlers.inbox.silences import get_silences
from handlers.operating.reconciled import reconciled
from schemas.sources import Source


def overview(database: Database, sources: Mapping[str, Source], tally: Tally) -> dict[str, Any]:
    """What `StatusView` writes. Times are Unix seconds. Raises `InboxUnavailable`."""
    pause = get_pause(database)
    return {
        "sending": "paused" if pause else "on",
        "pause": pause,
        "waiting_events": sum(tally.waiting.values()),
        "oldest_waiting_since": tally.oldest_waiting,
        "counted_at": tally.counted_at,
        "leader": reports.leader(database),
        "dead": [
            {"source": source, "reason": reason, "notifications": count}
            for (source, reason), count in tally.dead.items()
        ],
        "sources": _sources(database, sources, tally),
    }


def _sources(database: Database, sources: Mapping[str, Source], tally: Tally) -> dict[str, Any]:
    paused, held, silences = get_source_pauses(database), held_sources(database), get_silences(database)
    compared = reconciled(database)
    return {
        name: {
            "platform": source.platform,
            "waiting_events": tally.waiting.get(name, 0),
            "last_heard": reports.last_heard(database, name),
            "silent_since": reports.silent_since(database, name, silences),
            "paused": held.get(name) or paused.get(name),
            "reconciliation": compared.get(name),
        }
        for name, source in sources.items()
    }
