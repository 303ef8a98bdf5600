"""How a sender proves that a notification is its own, as data. `receiving.verifier` does the proving."""

import re
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class StandardWebhooks:
    """HMAC-SHA256 (`v1`) or ed25519 (`v1a`) over `{id}.{timestamp}.{body}`, in the headers `webhook-*` or `svix-*`.

    Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """


@dataclass(frozen=True)
class Hmac:
    """A keyed hash in a header.

    `pattern` finds one or more `signature` values, and perhaps the `timestamp` (Unix seconds), in the header's text;
    `content` says what is signed, out of `{body}`, `{timestamp}` and `{id}`.
    """

    header: str
    pattern: re.Pattern[str] = re.compile(r"(?P<signature>\S+)")
    content: str = "{body}"
    algorithm: Literal["sha256", "sha512", "sha1"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    timestamp_header: str | None = None


@dataclass(frozen=True)
class Token:
    """The secret itself in a header, with or without `Bearer` before it; or in the parameter `query` of the address, if given."""

    header: str = "Authorization"
    query: str | None = None


@dataclass(frozen=True)
class Basic:
    """The secret as the password of HTTP Basic authentication; any user name."""


@dataclass(frozen=True)
class PathToken:
    """The secret as the last part of the webhook's address."""


Scheme = StandardWebhooks | Hmac | Token | Basic | PathToken

# https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
GITHUB = Hmac(header="X-Hub-Signature-256", pattern=re.compile(r"sha256=(?P<signature>[0-9a-fA-F]+)"))
