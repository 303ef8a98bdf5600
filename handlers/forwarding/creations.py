"""Marketing events to be made: what HubSpot wants of them, and which of its results shows which."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Any

import orjson

from handlers.forwarding import settling
from handlers.forwarding.echo import unseen
from handlers.forwarding.merging import Merged, nest
from handlers.forwarding.outgoing import Reply
from handlers.forwarding.reading import json_of
from handlers.forwarding.verdict import GoOn, Split, Verdict, judge
from handlers.forwarding.waits import changed_nothing
from handlers.inbox.queue import Settlement
from schemas.creations import CreateResponse, to_create
from schemas.hubspot import understood
from schemas.sources import Source

_ANSWER = CreateResponse()
_APART = ("objectId", "externalEventId", "externalAccountId", "customProperties")
_WANTED = {
    "eventName": "HubSpot makes no marketing event without a name.",
    "eventOrganizer": "HubSpot makes no marketing event without one: set `organizer` in the source.",
}


@dataclass(frozen=True)
class Newcomer:
    """An event that HubSpot shall make. `fields` are flat, and all that it shall show."""

    merged: Merged
    account_id: str
    fields: Mapping[str, Any]

    @property
    def external_id(self) -> str:
        """What the marketing event will be found by."""
        return self.merged.event.external_id

    def entry(self) -> dict[str, Any]:
        """Its entry of `inputs`."""
        return to_create(self.external_id, self.account_id, nest(self.fields))


def newcomer(merged: Merged, fields: Mapping[str, Any], source: Source) -> Newcomer | Settlement:
    """The event as HubSpot shall make it, or a settlement naming what it lacks. The source has an `account_id`."""
    lacks = {name: [words] for name, words in _WANTED.items() if not str(fields.get(name, "")).strip()}
    if source.account_id is None:
        lacks["externalAccountId"] = ["HubSpot makes no marketing event without one: set `account_id` in the source."]
    if lacks or source.account_id is None:
        return settling.dead(merged, settling.INVALID, lacks)
    return Newcomer(merged, source.account_id, fields)


@dataclass(frozen=True)
class Made:
    """What an answer to events/upsert says: `verdict` goes by external id, and so do `object_ids`."""

    verdict: Verdict
    object_ids: Mapping[str, str]


def judge_creation(newcomers: Sequence[Newcomer], reply: Reply, now: float, zone: tzinfo) -> Made:
    """The verdict on an events/upsert of `newcomers`, no two of one external id; `now` and `zone` as in `judge`.

    It is judged as an update is, with the external ids in the place of the objectIds that are not known before. Only a
    call that proves to have had no effect goes again in parts: what else is unsure may be there, and is looked up.
    """
    entries = {one.external_id: {**one.entry(), "objectId": one.external_id} for one in newcomers}
    value = json_of(reply)
    shown = _matched(entries, understood(_ANSWER, value).get("results") or [])
    if isinstance(value, dict):
        results = [{**result, "objectId": external_id} for external_id, result in shown.items()]
        reply = replace(reply, body=orjson.dumps({**value, "results": results}))
    verdict = judge(list(entries.values()), reply, now, zone)
    if isinstance(verdict.then, Split) and not changed_nothing(reply):
        verdict = replace(verdict, then=GoOn())
    return Made(verdict, {external_id: result["objectId"] for external_id, result in shown.items()})


def _matched(
    entries: Mapping[str, Mapping[str, Any]], results: Sequence[Mapping[str, Any]]
) -> dict[str, Mapping[str, Any]]:
    """The result of each entry, where there is no doubt.

    HubSpot's results need not name the external id. One belongs to an entry that it names, to the only entry, or to the
    only one whose every value it shows, if no other result does; never to one by its place in the list.
    """
    usable = [result for result in results if _digits(result.get("objectId"))]
    fits = {
        external_id: [result for result in usable if _shows(result, entry, alone=len(entries) == 1)]
        for external_id, entry in entries.items()
    }
    claims = Counter(id(result) for found in fits.values() for result in found)
    return {
        external_id: found[0] for external_id, found in fits.items() if len(found) == 1 and claims[id(found[0])] == 1
    }


def _shows(result: Mapping[str, Any], entry: Mapping[str, Any], *, alone: bool) -> bool:
    named = result.get("externalEventId")
    if named is not None or alone:
        return named in (None, entry["externalEventId"])
    content = {name: value for name, value in entry.items() if name not in _APART}
    return content.keys() <= result.keys() and not unseen(content, result)


def _digits(text: Any) -> bool:
    return isinstance(text, str) and text.isascii() and text.isdigit()
