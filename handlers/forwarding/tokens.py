"""What HubSpot says about tokens, and how a person is told: pure functions.

Source: https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth/working-with-oauth and
https://developers.hubspot.com/docs/api-reference/error-handling
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from handlers.forwarding.outgoing import Reply
from handlers.forwarding.reading import error_of, json_of
from schemas.account import TokenAnswer, TokenError
from schemas.hubspot import understood

LIFETIME = 1800  # where an answer does not tell: HubSpot's access tokens last 30 minutes
MARGIN = 120.0
PASSING = (408, 423, 429, 477)
RECONNECT, BAD_CLIENT, REFUSED, UNAVAILABLE = "reconnect", "bad_client", "token_refused", "token_unavailable"

# The faults by which a call ends before it is made, in words that say what to do.
WORDS = {
    RECONNECT: (
        "HubSpot takes the refresh token no more: authorize the app again (https://app.hubspot.com/oauth/authorize), put "
        "the new refresh token into HUBSPOT_REFRESH_TOKEN and restart; the next probe, within five minutes, sends again."
    ),
    BAD_CLIENT: "HubSpot does not know the app: compare HUBSPOT_CLIENT_ID and HUBSPOT_CLIENT_SECRET with the app's page.",
    REFUSED: (
        "HubSpot's token endpoint refuses the call: see HUBSPOT_BASE_URL and HUBSPOT_API_VERSION; the endpoint that goes "
        "with v3 (/oauth/v1/token) is gone from 2027-02-16: use a dated version."
    ),
    UNAVAILABLE: "HubSpot gives no access token just now; it is asked again.",
}
_REASONS = {
    "invalid_grant": RECONNECT,
    "access_denied": RECONNECT,  # the app was removed from the account, or the account is gone
    "invalid_client": BAD_CLIENT,
    "unauthorized_client": BAD_CLIENT,
}
_TOKEN_ANSWER, _TOKEN_ERROR = TokenAnswer(), TokenError()
_SCOPES = ("requiredGranularScopes", "requiredScopes", "missingScopes")
_SCOPE = re.compile(r"[\w.:-]{1,100}", re.ASCII)
_DAYS = re.compile(r"expired (\d{5,9}) day")


class CredentialsUnavailable(Exception):
    """There is no token to call with, for `reason`, a key of `WORDS`; none is asked for in the next `at_least` seconds."""

    def __init__(self, reason: str, at_least: float = 0.0) -> None:
        super().__init__(WORDS[reason])
        self.reason = reason
        self.at_least = at_least


@dataclass(frozen=True)
class Grant:
    """What OAuth granted. `ends_at`, and some time before it `renew_at`: Unix seconds; the rest where it was told."""

    refresh_token: str = field(repr=False)
    access_token: str = field(default="", repr=False)
    renew_at: float = 0.0
    ends_at: float = 0.0
    hub_id: int | None = None
    scopes: tuple[str, ...] = ()


def token_path(version: str) -> str:
    """The token endpoint that goes with a version of the API. Version 3 has OAuth's version 1, gone from 2027-02-16."""
    return f"/oauth/{'v1' if version.startswith('v') else version}/token"


def granted(reply: Reply, refresh_token: str, now: float) -> Grant | None:
    """What the token endpoint grants, if it does; `refresh_token` stays unless it names another. `now`: Unix seconds."""
    answer = understood(_TOKEN_ANSWER, json_of(reply)) if reply.status == 200 else {}
    if "access_token" not in answer:
        return None
    lasts = answer.get("expires_in", LIFETIME)
    return Grant(
        answer.get("refresh_token", refresh_token),
        answer["access_token"],
        now + lasts - min(MARGIN, lasts / 2),
        now + lasts,
        answer.get("hub_id"),
        tuple(answer.get("scopes", ())),
    )


def refusal(reply: Reply) -> str:
    """Why the token endpoint grants nothing: a key of `WORDS`. Throttling, outages and network faults pass."""
    status = reply.status
    if status is None or status >= 500 or status < 300 or status in PASSING:
        return UNAVAILABLE
    return _REASONS.get(understood(_TOKEN_ERROR, json_of(reply)).get("error", ""), REFUSED)


def explained(reply: Reply) -> str | None:
    """For a person: why HubSpot lets the caller in no more, where the answer or the lack of one is about that."""
    if reply.status == 401:
        return _unknown(error_of(reply))
    if reply.status == 403:
        return _forbidden(error_of(reply))
    return WORDS.get(reply.fault or "")


def _unknown(error: Mapping[str, Any]) -> str:
    ended = (error.get("context") or {}).get("expire time") or [""]
    days = _DAYS.search(error.get("message") or "")
    if str(ended[0] if isinstance(ended, list) else ended).startswith("1970") or (days and int(days[1]) > 10_000):
        return "HubSpot reads no date from the token: HUBSPOT_ACCESS_TOKEN is a wrong string, not an old token."
    if error.get("category") == "EXPIRED_AUTHENTICATION":
        return "The token has expired: a static one is made anew in HubSpot and put into HUBSPOT_ACCESS_TOKEN."
    return "HubSpot does not know the token: it was revoked, rotated or mistyped."


def _forbidden(error: Mapping[str, Any]) -> str:
    scopes = sorted(set(_scopes(error)))
    if not scopes:
        return "HubSpot forbids it and names no scope: compare the token's scopes with those in the README."
    return f"The token lacks a scope: give it {', '.join(scopes)}; with OAuth authorize the app again after that."


def _scopes(error: Mapping[str, Any]) -> Iterator[str]:
    """Scopes that are named anywhere in a refusal."""
    inner = error.get("errors")
    entries = [error, *(inner if isinstance(inner, list) else [])]
    contexts = [entry.get("context") for entry in entries if isinstance(entry, dict)]
    for context in contexts:
        values = [context.get(name) for name in _SCOPES] if isinstance(context, dict) else []
        yield from (scope for value in values if isinstance(value, list) for scope in value if _is_scope(scope))


def _is_scope(value: Any) -> bool:
    return isinstance(value, str) and _SCOPE.fullmatch(value) is not None
