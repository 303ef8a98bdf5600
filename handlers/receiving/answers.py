"""What the door answers to what it let in, for one notification and for several of one request."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from flask import Response

from handlers.errors import FieldErrors, Refusal
from handlers.platform import Welcome

INVALID = "invalid_notification"
_CODES = {"accepted": 202, "duplicate": 200, "ignored": 200}
_JSON = "application/json"


@dataclass
class Passage:
    """What is known so far of a request on its way in, for the answer and the log.

    `counts`: how many notifications of each status, where the request is none of exactly one; `kept`: the ids of those
    that were kept now; `dead`: how many of them are refused by what they say, and so settled already. `secret`: the place,
    from 1, of the secret that proved it.
    """

    source: str = ""
    status: str = ""
    reason: str | None = None
    notification: str | None = None
    event: str | None = None
    counts: Counter[str] | None = None
    kept: Sequence[str] = ()
    secret: int = 0
    dead: int = 0


class Outcome(NamedTuple):
    """What became of one notification at the door; `notification` is None where nothing is kept, `errors` say why it is dead."""

    status: str
    notification: str | None = None
    errors: FieldErrors | None = None


def answer_one(outcome: Outcome, passage: Passage) -> Response:
    """The answer to a request of one notification. Raises `Refusal` where its sender can mend it."""
    passage.notification = outcome.notification
    if outcome.errors is not None:
        passage.reason, passage.dead = INVALID, 1
        if outcome.status == INVALID:
            raise Refusal(422, INVALID, "It is no notification that can be mapped.", outcome.errors)
    return _answer({"notification": outcome.notification, "status": outcome.status}, passage)


def answer_several(outcomes: Sequence[Outcome], passage: Passage) -> Response:
    """The answer to a request of several notifications, or none. Raises `Refusal` where their sender can mend some of them."""
    passage.counts = Counter(outcome.status for outcome in outcomes)
    passage.kept = [one.notification for one in outcomes if one.notification and one.status != "duplicate"]
    passage.notification = next((one.notification for one in outcomes if one.notification is not None), None)
    errors = {str(place): one.errors for place, one in enumerate(outcomes) if one.errors is not None}
    if errors:
        passage.reason, passage.dead = INVALID, len(errors)
    if passage.counts[INVALID]:
        raise Refusal(422, INVALID, _some_are_not(len(errors), len(outcomes)), errors)
    status = next((status for status in _CODES if passage.counts[status]), "ignored")
    notifications = [{"notification": one.notification, "status": one.status} for one in outcomes]
    return _answer({"notifications": notifications, "status": status}, passage)


def answer_welcome(welcome: Welcome, passage: Passage) -> Response:
    """The answer to a request that only asked whether somebody is there."""
    passage.status = "handshake"
    if welcome.content is not None:
        return Response(orjson.dumps(welcome.content), 200, dict(welcome.headers), content_type=_JSON)
    answer = Response(b"", 200, dict(welcome.headers))
    answer.headers.remove("Content-Type")
    return answer


def _answer(content: dict[str, Any], passage: Passage) -> Response:
    passage.status = content["status"]
    return Response(orjson.dumps(content), _CODES[passage.status], content_type=_JSON)


def _some_are_not(wrong: int, of: int) -> str:
    """The places in `errors` count from 0."""
    rest = "The others are stored or ignored as if they had come alone." if wrong < of else "They are kept as dead."
    return (
        f"{wrong} of {of} are no notifications that can be mapped; `errors` names them by their place, from 0. {rest}"
    )
