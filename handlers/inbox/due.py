"""Chooses which changed events are taken next: most of those that wait the longest, and some of the newest."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from handlers.inbox import tables

FRESH_SHARE = 3
_event = tables.event.c
_DUE = select(_event.id).where(_event.due_at <= bindparam("moment")).limit(bindparam("most"))
LONGEST = _DUE.order_by(_event.due_at)
NEWEST = _DUE.order_by(_event.due_at.desc())


def choose(connection: Connection, moment: float, limit: int, in_hand: Collection[int]) -> list[int]:
    """Up to `limit` events due by `moment` (Unix seconds) that are not in hand, the longest due first.

    Of three one is the most recently due: a large backlog must not hold up what changes now. Both ends are read from
    the index alone, no further than is taken and in hand.
    """
    longest = _due(connection, LONGEST, moment, limit, in_hand)
    if len(longest) < limit:
        return longest
    oldest = longest[: limit - limit // FRESH_SHARE]
    newest = _due(connection, NEWEST, moment, limit - len(oldest), {*in_hand, *oldest})
    return oldest + newest[::-1]


def _due(
    connection: Connection, query: Select[Any], moment: float, limit: int, passed_over: Collection[int]
) -> list[int]:
    rows = connection.scalars(query, {"moment": moment, "most": limit + len(passed_over)})
    return [number for number in rows if number not in passed_over][:limit]
