"""The order in which everybody locks events, so that nobody waits in a circle.

Whoever changes something about events that are there, be it their links, states or old notifications, locks their rows
first, by source and external id. The door does so by its upsert.
"""

from collections.abc import Collection

from sqlalchemy import Connection, select

from handlers.inbox import tables

_event = tables.event.c
IN_ORDER = (_event.source, _event.external_id)


def lock(connection: Connection, events: Collection[int]) -> set[int]:
    """Within a write: nobody else changes these events until it ends. Where one writes at a time that is so already.

    Returns those that there are: a person may have had one forgotten.
    """
    if not events:
        return set()
    rows = select(_event.id).where(_event.id.in_(events)).order_by(*IN_ORDER)
    locked = rows if connection.dialect.name == "sqlite" else rows.with_for_update(key_share=True)
    return set(connection.scalars(locked))
