"""Where alerts go: one address, and the secret that signs them."""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from schemas.loopback import LOOPBACK

ALERTS = ("ALERT_WEBHOOK_URL", "ALERT_WEBHOOK_SECRET")
PREFIX = "whsec_"
LEAST_BYTES, MOST_BYTES, MOST_URL = 24, 64, 2000
_MAKE = "python -c \"import base64,os; print('whsec_' + base64.b64encode(os.urandom(32)).decode())\""


@dataclass(frozen=True)
class Receiver:
    """Takes alerts at `base_url` + `path`; their address may hold a secret, so it is not shown."""

    base_url: str = field(repr=False)
    path: str = field(repr=False)
    secret: str = field(repr=False)


def receiver_of(values: Mapping[str, str | None]) -> Receiver | None:
    """The receiver, where both settings are given and without faults."""
    url, secret = (values.get(name) for name in ALERTS)
    if not url or not secret or receiver_faults(values):
        return None
    parts = urlsplit(url)
    path = parts.path or "/"
    return Receiver(f"{parts.scheme}://{parts.netloc}", f"{path}?{parts.query}" if parts.query else path, secret)


def receiver_faults(values: Mapping[str, str | None]) -> list[str]:
    """What is amiss with the two settings; neither the address nor the secret stands in the words."""
    url, secret = (values.get(name) for name in ALERTS)
    if not url and not secret:
        return []
    faults = _url_faults(url) if url else [f"{ALERTS[0]}: Is not set, beside {ALERTS[1]}: tell where alerts go."]
    if not secret:
        return [*faults, f"{ALERTS[1]}: Is not set, beside {ALERTS[0]}: make one by {_MAKE}"]
    return (
        faults
        if _is_secret(secret)
        else [*faults, f"{ALERTS[1]}: Not a secret of Standard Webhooks: make one by {_MAKE}"]
    )


def _url_faults(url: str) -> list[str]:
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    is_one = parts.scheme in ("https", "http") and host and not parts.username and not parts.fragment
    leads_up = any(step in (".", "..") for step in parts.path.split("/"))
    if (
        not is_one
        or leads_up
        or parts.path.startswith("//")
        or len(url) > MOST_URL
        or not (url.isascii() and url.isprintable())
    ):
        return [
            f"{ALERTS[0]}: Not an address to post to: such as https://alerts.example.com/marquee, without credentials."
        ]
    if parts.scheme == "http" and host not in LOOPBACK:
        return [f"{ALERTS[0]}: Is not encrypted: use https (http is for this host only)."]
    return []


def _is_secret(secret: str) -> bool:
    """As the specification says: 24 to 64 random bytes, in base64 behind `whsec_`.

    Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#webhook-secret
    """
    try:
        size = len(b64decode(secret.removeprefix(PREFIX), validate=True))
    except (binascii.Error, ValueError):
        return False
    return secret.startswith(PREFIX) and LEAST_BYTES <= size <= MOST_BYTES
