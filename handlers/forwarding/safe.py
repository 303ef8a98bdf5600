"""Keeps what OAuth granted in the inbox, unreadable to whoever has the database and not the key."""

import hashlib
import hmac
from dataclasses import asdict

import orjson
import structlog
from cryptography.fernet import Fernet, InvalidToken

from handlers.errors import InboxUnavailable
from handlers.forwarding.tokens import Grant
from handlers.inbox.credentials import claim, get_kept, give_up, keep
from handlers.inbox.database import Database
from schemas.credentials import App

_log = structlog.get_logger()


class Safe:
    """What the app of the settings was granted, sealed by Fernet (https://cryptography.io/en/latest/fernet/)."""

    def __init__(self, database: Database, app: App, turn_seconds: float) -> None:
        """`turn_seconds`: longer than a renewal takes. Raises `ValueError` for a key that is none."""
        self._database = database
        self._configured = _digest(app.refresh_token, app.client_secret)
        self._first = Grant(app.refresh_token)
        self._fernet = Fernet(app.encryption_key)
        self._turn_seconds = turn_seconds
        self._seen: str | None = None

    def news(self) -> Grant | None:
        """What is kept, if it is not what this process saw or kept last. Raises `InboxUnavailable`.

        Where nothing is kept, or nothing that the key opens, it is the refresh token of the settings.
        """
        sealed = get_kept(self._database, self._configured)
        if sealed == self._seen:
            return None
        self._seen = sealed
        return self._open(sealed) if sealed else self._first

    def take_turn(self) -> bool:
        """Whether no other process renews now, nor did since the last `news`. Raises `InboxUnavailable`."""
        return claim(self._database, self._configured, self._seen or "", self._turn_seconds)

    def end_turn(self) -> None:
        """Nothing was granted. Raises `InboxUnavailable`."""
        give_up(self._database, self._configured)

    def keep(self, grant: Grant) -> None:
        """Keep it, and end the turn. Without the inbox this process alone has it, and keeps what it is granted next."""
        sealed = self._fernet.encrypt(orjson.dumps(asdict(grant))).decode()
        try:
            keep(self._database, self._configured, sealed)
        except InboxUnavailable as error:
            _log.error("what OAuth granted is not kept", action="credentials.not_kept", detail=str(error))
        else:
            self._seen = sealed

    def _open(self, sealed: str) -> Grant:
        try:
            kept = orjson.loads(self._fernet.decrypt(sealed))
            return Grant(**{**kept, "scopes": tuple(kept["scopes"])})
        except (InvalidToken, KeyError, TypeError):
            _log.warning(
                "ENCRYPTION_KEY does not open what OAuth granted before: HUBSPOT_REFRESH_TOKEN is used as configured",
                action="credentials.not_opened",
            )
            return self._first


def _digest(secret: str, key: str) -> str:
    """Tells whether a secret is the same as before, and nothing to whoever does not have the `key`."""
    return hmac.new(key.encode(), secret.encode(), hashlib.sha256).hexdigest()
