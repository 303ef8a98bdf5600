"""Where an app is given access tokens."""

from dataclasses import dataclass
from urllib.parse import urlencode

import structlog

from handlers.forwarding.hubspot import described
from handlers.forwarding.outgoing import Outgoing, Reply
from handlers.forwarding.tokens import token_path
from handlers.metrics import Metrics
from schemas.credentials import App

_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
_log = structlog.get_logger()


@dataclass(frozen=True)
class TokenEndpoint:
    """One app before HubSpot's token endpoint, which has a rate limit of its own and is not paced."""

    app: App
    version: str
    outgoing: Outgoing
    metrics: Metrics

    def ask(self, refresh_token: str) -> Reply:
        """Renew with a refresh token: RFC 6749, section 6."""
        form = {
            "grant_type": "refresh_token",
            "client_id": self.app.client_id,
            "client_secret": self.app.client_secret,
            "refresh_token": refresh_token,
        }
        reply = self.outgoing.call("POST", token_path(self.version), content=urlencode(form).encode(), headers=_FORM)
        self.metrics.hubspot_calls.labels(str(reply.status or reply.fault)).inc()
        self.metrics.hubspot_seconds.observe(reply.seconds)
        _log.info("HubSpot was asked for a token", action="hubspot.token", **described(reply))
        return reply
