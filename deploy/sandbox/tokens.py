"""Who may call: static tokens, and OAuth's access tokens that expire."""

import uuid
from collections.abc import Callable, Mapping
from threading import RLock
from typing import Any

from deploy.sandbox.answers import SCOPES, Refused, expired, unauthenticated
from deploy.sandbox.settings import Settings
from deploy.sandbox.shapes import stamp


class Tokens:
    """Tokens that were issued and refresh tokens that were spent."""

    def __init__(self, settings: Settings, clock: Callable[[], float], lock: RLock) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = lock
        self._ends: dict[str, float] = {}
        self._renewed: set[str] = set()
        self._spent: set[str] = set()

    def check(self, authorization: str) -> None:
        """Raise the 401 unless the header opens."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise unauthenticated()
        if token in self._settings.expired_tokens:
            raise expired("1970-01-01T00:00:00.000Z", int(self._clock()))
        end = self._ends.get(token)
        if end is not None and end <= self._clock():
            raise expired(stamp(end), int(self._clock() - end))
        if end is None and self._settings.tokens and token not in self._settings.tokens:
            raise unauthenticated()

    def issued(self, authorization: str) -> bool:
        """Whether the header holds one of OAuth's access tokens."""
        return authorization.partition(" ")[2] in self._ends

    def refresh(self, form: Mapping[str, str]) -> dict[str, Any]:
        """OAuth's answer to grant_type=refresh_token; raises its errors, which have members of their own."""
        settings, refresh_token = self._settings, form.get("refresh_token", "")
        if form.get("grant_type") != "refresh_token":
            raise _refused("unsupported_grant_type", "BAD_GRANT_TYPE", "missing or unknown grant type")
        if not _opens(form.get("client_id"), settings.client_id):
            raise _refused("invalid_client", "BAD_CLIENT_ID", "missing or invalid client id")
        if not _opens(form.get("client_secret"), settings.client_secret):
            raise _refused("invalid_client", "BAD_CLIENT_SECRET", "missing or invalid client secret")
        with self._lock:
            if not self._is_valid(refresh_token):
                words = "refresh token is invalid, expired or revoked"
                raise _refused("invalid_grant", "BAD_REFRESH_TOKEN", words)
            return self._issue(refresh_token)

    def _is_valid(self, refresh_token: str) -> bool:
        known = self._settings.refresh_tokens
        listed = not known or refresh_token in known or refresh_token in self._renewed
        return bool(refresh_token) and refresh_token not in self._spent and listed

    def _issue(self, refresh_token: str) -> dict[str, Any]:
        if self._settings.rotate_refresh_tokens:
            self._spent.add(refresh_token)
            refresh_token = f"refresh-{uuid.uuid4().hex}"
            self._renewed.add(refresh_token)
        token = f"access-{uuid.uuid4().hex}"
        self._ends[token] = self._clock() + self._settings.expires_in
        return {
            "access_token": token,
            "expires_in": self._settings.expires_in,
            "refresh_token": refresh_token,
            "token_type": "bearer",  # a kind, no token # nosec B105
            "token_use": "access_token",  # a kind, no token # nosec B105
            "hub_id": 1234567,
            "scopes": list(SCOPES),
        }


def _opens(given: str | None, known: str) -> bool:
    return bool(given) and known in ("", given)


def _refused(error: str, status: str, message: str) -> Refused:
    return Refused(400, {"error": error, "error_description": message, "status": status, "message": message})
