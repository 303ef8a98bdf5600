"""What the API does; each action is written down with who asked for it."""

import time
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from handlers.errors import Refusal
from handlers.inbox.links import LinkedElsewhere
from handlers.inbox.listing import Wanted
from handlers.operating.acting import CannotAsk, NoSuchEvent, NoSuchSource
from handlers.operating.operation import Desk, Given, Operation
from schemas.operator_actions import Done, LinkBody, Linked, PauseBody, ReplayBody, ReplayView, ResumeBody

REPLAY_SECONDS = 10.0
_NO_SUCH_EVENT = {404: "It is not known."}


def _replay(desk: Desk, given: Given) -> dict[str, Any]:
    """As much as can be done in some seconds: `next` tells where to go on."""
    body = dict(given.body)
    dry, before, number = body.pop("dry_run"), body.pop("cursor", None), body.pop("notification", None)
    wanted = number if number is not None else Wanted(**body)
    if dry:
        return {"matching": desk.actions.replay_count(wanted), "replayed": 0, "still_invalid": 0, "next": None}
    told, end, is_over = None, time.monotonic() + REPLAY_SECONDS, False
    with closing(desk.actions.replay(wanted, given.by, before)) as steps:
        for step in steps:
            told = step
            if time.monotonic() >= end:
                break
        else:
            is_over = True
    if told is None:
        return {"matching": 0, "replayed": 0, "still_invalid": 0, "next": None}
    following = None if is_over else told.last
    return {"matching": told.total, "replayed": told.done, "still_invalid": told.invalid, "next": following}


def _link(desk: Desk, given: Given) -> dict[str, Any]:
    try:
        woken = desk.actions.link(*_event(given), given.body["object_id"], given.by)
    except NoSuchSource as error:
        raise _no_such_source() from error
    except ValueError as error:
        raise Refusal(422, "invalid_body", str(error)) from error
    except LinkedElsewhere as error:
        raise Refusal(409, "linked_elsewhere", str(error)) from error
    return {"object_id": given.body["object_id"], "revived": woken}


def _send_again(desk: Desk, given: Given) -> dict[str, Any]:
    try:
        desk.actions.send_again(*_event(given), given.by)
    except NoSuchEvent as error:
        raise _no_such_event() from error
    return {"done": True}


def _look_up(desk: Desk, given: Given) -> dict[str, Any]:
    try:
        desk.actions.look_up_again(*_event(given), given.by)
    except NoSuchEvent as error:
        raise _no_such_event() from error
    except CannotAsk as error:
        raise Refusal(409, "cannot_ask", str(error)) from error
    return {"done": True}


def _pause(desk: Desk, given: Given) -> dict[str, Any]:
    try:
        desk.actions.pause(given.body.get("source"), given.by, given.body.get("detail"))
    except NoSuchSource as error:
        raise _no_such_source() from error
    return {"done": True}


def _resume(desk: Desk, given: Given) -> dict[str, Any]:
    try:
        desk.actions.resume(given.body.get("source"), given.by)
    except NoSuchSource as error:
        raise _no_such_source() from error
    return {"done": True}


def _event(given: Given) -> tuple[str, str]:
    return given.path["source"], given.path["external_id"]


def _no_such_source() -> Refusal:
    return Refusal(404, "not_found", "No such source is configured.")


def _no_such_event() -> Refusal:
    return Refusal(404, "not_found", "No such event is known.")


ACTING: Sequence[Operation] = (
    Operation(
        *("POST", "/api/replay", "Look at settled notifications again, with the present schemas and settings", _replay),
        *(ReplayView(), None, ReplayBody()),
    ),
    Operation(
        *(
            "PUT",
            "/api/events/{source}/{external_id}/link",
            "Let a marketing event stand for an event",
            _link,
            Linked(),
        ),
        *(None, LinkBody(), {404: "No such source.", 409: "It stands for another event already."}),
    ),
    Operation(
        *("POST", "/api/events/{source}/{external_id}/send-again", "Send an event at once and in full", _send_again),
        *(Done(), None, None, _NO_SUCH_EVENT),
    ),
    Operation(
        *("POST", "/api/events/{source}/{external_id}/look-up", "Have the platform asked about an event", _look_up),
        *(Done(), None, None, {**_NO_SUCH_EVENT, 409: "Its platform cannot be asked."}),
    ),
    Operation(
        *("POST", "/api/pause", "Send nothing of a source, or nothing at all, until it is resumed", _pause, Done()),
        *(None, PauseBody(), {404: "No such source."}),
    ),
    Operation(
        *("POST", "/api/resume", "Go on at once, whatever stopped it", _resume, Done()),
        *(None, ResumeBody(), {404: "No such source."}),
    ),
)
