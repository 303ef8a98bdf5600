"""How an event stands, in one word, as conditions on its rows."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, and_, case, not_, or_

from handlers.inbox import tables
from handlers.inbox.links import REASONS_A_LINK_MENDS

_event, _state = tables.event.c, tables.state.c
_due = _event.due_at.is_not(None)
_dead = _state.standing == "dead"
_for_a_link = and_(_dead, _state.reason.in_(REASONS_A_LINK_MENDS))
_unpublished = and_(_state.standing == "unchanged", _state.reason == "not_published")
_settled = _state.standing.in_(["sent", "unchanged"])
WAITING, HELD = and_(_due, _event.waits_for.is_(None)), and_(_due, _event.waits_for.is_not(None))
# waiting: it is sent soon. held: put off, for what `waits_for` says. dead: for a reason of its own. not_in_hubspot: dead
# for want of a link. unpublished: unsent until it goes on sale. unknown: nothing was settled yet.
CONDITIONS: Mapping[str, ColumnElement[bool]] = {
    "waiting": WAITING,
    "held": HELD,
    "dead": and_(not_(_due), _dead, or_(_state.reason.is_(None), _state.reason.not_in(REASONS_A_LINK_MENDS))),
    "not_in_hubspot": and_(not_(_due), _for_a_link),
    "unpublished": and_(not_(_due), _unpublished),
    "up_to_date": and_(
        not_(_due), _settled, or_(_state.reason.is_(None), _state.standing == "sent", _state.reason != "not_published")
    ),
    "unknown": and_(not_(_due), _state.standing.is_(None)),
}
STATES = tuple(CONDITIONS)
STATE = case(
    (WAITING, "waiting"),
    (HELD, "held"),
    (_for_a_link, "not_in_hubspot"),
    (_dead, "dead"),
    (_unpublished, "unpublished"),
    (_settled, "up_to_date"),
    else_="unknown",
)
