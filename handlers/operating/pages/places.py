"""Where a person finds a marketing event in HubSpot."""

from urllib.parse import urlsplit

from handlers.forwarding.hubspot import HubSpot
from handlers.forwarding.reading import json_of
from schemas.account import AccountDetails
from schemas.hubspot import understood
from schemas.loopback import LOOPBACK

_DETAILS = AccountDetails()
# Object types: https://developers.hubspot.com/docs/guides/crm/understanding-the-crm; the app finds the account's region.
_RECORD = "https://app.hubspot.com/contacts/{account}/record/0-54/{object_id}"


def record_address(hubspot: HubSpot, base_url: str, object_id: str) -> str | None:
    """The page of a marketing event; HubSpot is asked for the account's number. None where it does not tell.

    A HubSpot on this host is the sandbox, whose one page shows them all.
    """
    if urlsplit(base_url).hostname in LOOPBACK:
        return f"{base_url}/"
    reply = hubspot.account()
    account = understood(_DETAILS, json_of(reply)).get("portalId") if reply.status == 200 else None
    return None if account is None else _RECORD.format(account=account, object_id=object_id)
