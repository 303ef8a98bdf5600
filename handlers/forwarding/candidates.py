"""What HubSpot's look-ups by external id found, sorted out by account and by the app that made it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import orjson

from handlers.forwarding.outgoing import Reply
from schemas.hubspot import LookUpResponse, understood

_LOOK_UP = LookUpResponse()


@dataclass(frozen=True)
class Candidate:
    """A marketing event with the external id that was asked for."""

    object_id: str
    account_id: str | None = None
    app_id: str | None = None
    app_name: str | None = None


def candidates(reply: Reply, external_id: str) -> list[Candidate]:
    """The exact matches in an answer to events/search or to identifiers; a 404 has none."""
    answer = understood(_LOOK_UP, orjson.loads(reply.body)) if reply.status == 200 else {}
    found = []
    for item in answer.get("results") or []:
        object_id, app = str(item.get("objectId")), item.get("appInfo") or {}
        if item.get("externalEventId") == external_id and object_id.isascii() and object_id.isdigit():
            app_id = app.get("id") or item.get("appId")
            found.append(Candidate(object_id, item.get("externalAccountId"), app_id, app.get("name")))
    return found


def under_account(found: Sequence[Candidate], account_id: str | None) -> list[Candidate]:
    """Those made under that account, or under any if it is None; one that names none counts only where no other does."""
    exact = [one for one in found if account_id is None or one.account_id == account_id]
    return exact or [one for one in found if one.account_id is None]


def others_accounts(found: Sequence[Candidate], known: Collection[str]) -> tuple[str, ...]:
    """The accounts under which they were made, without the `known` ones."""
    return tuple(sorted({one.account_id for one in found if one.account_id is not None} - set(known)))


def ids_of(found: Sequence[Candidate]) -> tuple[str, ...]:
    """Their objectIds, each once."""
    return tuple(sorted({one.object_id for one in found}))


def apps_of(found: Sequence[Candidate]) -> tuple[str, ...]:
    """The apps that made them, in words for a person."""
    return tuple(sorted({f"{one.app_name or 'an app'} ({one.app_id or 'unnamed'})" for one in found}))
