"""Everything that can go wrong with HubSpot: what each kind of fault does to a call."""

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from flask import Response, jsonify

from deploy.sandbox.answers import POLICIES, Refused, expired, forbidden, invalid, throttled, waiting
from deploy.sandbox.faults import Fault, Kind
from deploy.sandbox.hanging import NoAnswer, abort, hang_up
from deploy.sandbox.shapes import batch, stamp

BATCH = "/batch/update"
MARKETING = "/marketing/"
HTML = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"


def _wait(fault: Fault) -> None:
    time.sleep(fault["seconds"])


def _rate_limit(fault: Fault) -> None:
    raise throttled(fault["policy"], fault["retry_after"])


def _refusal(category: str, message: str) -> Callable[[Fault], None]:
    def refuse(fault: Fault) -> None:
        body = {"category": category, "message": message}
        raise Refused(fault["status"], body, waiting(fault.get("retry_after")))

    return refuse


def _poison(fault: Fault) -> None:
    message = 'Property values were not valid: [{"isValid":false,"error":"INVALID_VALUE","name":"eventName"}]'
    raise invalid(message, "eventName")


def _unauthorized(_fault: Fault) -> None:
    raise expired(stamp(time.time() - 75), 75)


def _forbidden(_fault: Fault) -> None:
    raise forbidden()


def _bad_gateway(fault: Fault) -> Response:
    return Response(HTML.format(f"{fault['status']} Bad Gateway"), fault["status"], content_type="text/html")


def _not_json(_fault: Fault) -> Response:
    return Response(HTML.format("Welcome"), content_type="text/html")


def _redirect(fault: Fault) -> Response:
    return Response(status=302, headers={"Location": fault["location"]})


def _silent_empty(fault: Fault) -> Response:
    return jsonify(batch(time.time(), [], status=fault["status"]))


def _applied_empty(fault: Fault, answer: Response) -> Response:
    return _silent_empty(fault) if answer.status_code in (200, 207) else answer


def _late(fault: Fault, answer: Response) -> Response:
    _wait(fault)
    return answer


def _reset(_fault: Fault) -> Response:
    return NoAnswer(abort)


def _timeout(fault: Fault) -> Response:
    _wait(fault)
    return NoAnswer(hang_up)


def _concerns(fault: Fault, inputs: Sequence[Any]) -> bool:
    return not fault["object_ids"] or any(entry.get("objectId") in fault["object_ids"] for entry in inputs)


def _contains(fault: Fault, inputs: Sequence[Any]) -> bool:
    return any(fault["contains"] in json.dumps(entry, ensure_ascii=False) for entry in inputs)


_STATUSES = ("COMPLETE", "PENDING", "PROCESSING", "CANCELED")
_NAMED = {"object_ids": [], "ids": ("usable", "empty", "missing", "foreign")}
_locked = _refusal("LOCKED", "This resource is locked for the moment.")
_migration = _refusal("MIGRATION_IN_PROGRESS", "This account is being moved to another data centre.")
_broken = _refusal("INTERNAL_ERROR", "There was a problem with the request.")

KINDS: dict[str, Kind] = {
    "slow": Kind(_wait, parameters={"seconds": 2.0}, ends=False),
    "rate_limit": Kind(_rate_limit, parameters={"policy": POLICIES, "retry_after": None}),
    "partial": Kind(parameters=_NAMED, path=BATCH, meets=_concerns, ends=False),
    "silent_empty": Kind(_silent_empty, parameters={"status": _STATUSES}, path=BATCH),
    "applied_empty": Kind(after=_applied_empty, parameters={"status": _STATUSES}, path=BATCH, ends=False),
    "poison": Kind(_poison, parameters={"contains": "poison"}, path=BATCH, meets=_contains),
    "unauthorized": Kind(_unauthorized, path=MARKETING),
    "forbidden": Kind(_forbidden, path=MARKETING),
    "locked": Kind(_locked, parameters={"status": (423,)}),
    "migration": Kind(_migration, parameters={"status": (477,), "retry_after": 30}),
    "bad_gateway": Kind(_bad_gateway, parameters={"status": (502, 503, 504, 521, 522, 523, 524, 525, 526)}),
    "server_error": Kind(_broken, parameters={"status": (500, 501, 503)}),
    "reset": Kind(_reset),
    "timeout": Kind(_timeout, parameters={"seconds": 60.0}),
    "late": Kind(after=_late, parameters={"seconds": 40.0}, path=BATCH, ends=False),
    "not_json": Kind(_not_json),
    "redirect": Kind(_redirect, parameters={"location": "https://elsewhere.example/"}),
}
