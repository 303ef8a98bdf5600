"""Proves that a request came from whom it says: pure, in constant time, over the raw bytes."""

import binascii
import hmac
import math
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import NoReturn
from urllib.parse import unquote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from handlers.errors import Refusal
from handlers.platform import Headers
from handlers.signatures import Basic, Hmac, PathToken, Scheme, StandardWebhooks, Token

_PREFIXES = ("webhook", "svix")
_ID_HEADERS = ("webhook-id", "X-Delivery-Id")
_NOBODY, _NOBODYS_SECRETS = (PathToken(),), (token_urlsafe(),)


@dataclass(frozen=True)
class _Claim:
    """What a request offers as proof under one scheme. `timestamp` is Unix seconds as sent."""

    signatures: Sequence[str]
    content: bytes = b""
    timestamp: str | None = None


@dataclass(frozen=True)
class Signed:
    """What a sender adds to a body to prove itself."""

    headers: dict[str, str] = field(default_factory=dict)
    path_token: str | None = None


def check_path_token(schemes: Sequence[Scheme], secrets: Sequence[str], token: str | None) -> bool:
    """Whether the address alone proves the origin.

    Raises the `Refusal` of an unknown source where a token is wrong, missing though nothing else could prove it, or not
    expected at all: a stranger learns nothing of which sources there are.
    """
    expected = any(isinstance(scheme, PathToken) for scheme in schemes)
    only = all(isinstance(scheme, PathToken) for scheme in schemes)
    if token is None:
        if only:
            raise unknown_source()
        return False
    if not _any_equal([token], secrets if expected else ()):
        raise unknown_source()
    return True


def verify(
    schemes: Sequence[Scheme],
    secrets: Sequence[str],
    headers: Headers,
    body: bytes,
    now: float,
    tolerance: float,
    query: bytes = b"",
) -> None:
    """Raise a `Refusal` unless the headers, or the address's `query`, prove the origin of `body` under one of the schemes.

    `now` is Unix seconds; a timestamp may be off by `tolerance` seconds either way.
    """
    claims = [(scheme, claim) for scheme in schemes if (claim := _claim(scheme, headers, body, query))]
    if not claims:
        raise Refusal(401, "missing_signature", "The request carries nothing that proves where it came from.")
    proven = [claim for scheme, claim in claims if _holds(scheme, claim, secrets)]
    if not proven:
        raise Refusal(401, "bad_signature", "What should prove where the request came from does not.")
    if not any(_is_timely(claim.timestamp, now, tolerance) for claim in proven):
        raise Refusal(401, "stale_timestamp", f"The signature's time is more than {tolerance:g} s from this clock's.")


def sign(scheme: Scheme, secret: str, body: bytes, notification_id: str, now: float) -> Signed:
    """What `scheme` wants beside `body`; the reverse of `verify`, for samples."""
    stamp = str(int(now))
    match scheme:
        case StandardWebhooks():
            digest = hmac.digest(_keys(secret)[0], f"{notification_id}.{stamp}.".encode() + body, "sha256")
            headers = {"webhook-id": notification_id, "webhook-timestamp": stamp}
            return Signed(headers | {"webhook-signature": f"v1,{b64encode(digest).decode()}"})
        case Hmac():
            return Signed(_signed_headers(scheme, secret, body, notification_id, stamp))
        case Token(header):
            return Signed({header: f"Bearer {secret}" if header.lower() == "authorization" else secret})
        case Basic():
            return Signed({"Authorization": f"Basic {b64encode(f'marquee:{secret}'.encode()).decode()}"})
        case PathToken():
            return Signed(path_token=secret)


def unknown_source() -> Refusal:
    """The same answer for no such source and for a wrong or missing token in the address."""
    return Refusal(404, "unknown_source", "No source has this address.")


def refuse_unknown(token: str | None) -> NoReturn:
    """Raise the refusal where there is no such source, in the time that one of a wrong token takes: a secret of nobody is compared."""
    check_path_token(_NOBODY, _NOBODYS_SECRETS, token)
    raise unknown_source()


def _claim(scheme: Scheme, headers: Headers, body: bytes, query: bytes) -> _Claim | None:
    match scheme:
        case StandardWebhooks():
            return next(filter(None, (_standard_claim(prefix, headers, body) for prefix in _PREFIXES)), None)
        case Hmac():
            return _hmac_claim(scheme, headers, body)
        case Token(header, parameter):
            value = headers.get(header)
            offered = [] if value is None else list(_bearers(value))
            given = offered if parameter is None else [*offered, *_parameters(query, parameter)]
            return _Claim(given) if given else None
        case Basic():
            value = headers.get("Authorization")
            return None if value is None else _Claim(list(_passwords(value)))
        case PathToken():
            return None


def _holds(scheme: Scheme, claim: _Claim, secrets: Sequence[str]) -> bool:
    match scheme:
        case StandardWebhooks():
            return _standard_holds(claim, secrets)
        case Hmac():
            digests = [hmac.digest(secret.encode(), claim.content, scheme.algorithm) for secret in secrets]
            return _any_equal([_normal(s, scheme) for s in claim.signatures], [_encoded(d, scheme) for d in digests])
        case _:
            return _any_equal(claim.signatures, secrets)


def _any_equal(given: Sequence[str], right: Sequence[str]) -> bool:
    """Compare all with all, so that the time taken tells nothing of which was near."""
    pairs = [(_bytes(g), _bytes(r)) for g in given for r in right]
    return any([hmac.compare_digest(g, r) for g, r in pairs])  # noqa: C419 - a generator would stop at the first


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _is_timely(timestamp: str | None, now: float, tolerance: float) -> bool:
    return timestamp is None or abs(now - float(timestamp)) <= tolerance


def _seconds(text: str | None) -> str | None:
    """The timestamp if it is one, else None."""
    try:
        return text if text is not None and math.isfinite(float(text)) else None
    except ValueError:
        return None


# Standard Webhooks


def _standard_claim(prefix: str, headers: Headers, body: bytes) -> _Claim | None:
    signature, number, stamp = (headers.get(f"{prefix}-{name}") for name in ("signature", "id", "timestamp"))
    if signature is None:
        return None
    content = f"{number}.{stamp}.".encode("utf-8", "surrogatepass") + body
    usable = number and _seconds(stamp)
    return _Claim(signature.split() if usable else [], content, stamp)


def _standard_holds(claim: _Claim, secrets: Sequence[str]) -> bool:
    signed = [part.partition(",") for part in claim.signatures]
    hashed = [value for version, _, value in signed if version == "v1"]
    keys = [key for secret in secrets if not secret.startswith("whpk_") for key in _keys(secret)]
    right = [b64encode(hmac.digest(key, claim.content, "sha256")).decode() for key in keys]
    public = [value for version, _, value in signed if version == "v1a"]
    return any([_any_equal(hashed, right), _any_verifies(public, secrets, claim.content)])


def _keys(secret: str) -> list[bytes]:
    """A secret is base64 after `whsec_`; one without that prefix may also stand for its own bytes."""
    decoded = _decoded(secret.removeprefix("whsec_"))
    plain = [] if secret.startswith("whsec_") else [secret.encode()]
    return ([decoded] if decoded else []) + plain


def _any_verifies(signatures: Sequence[str], secrets: Sequence[str], content: bytes) -> bool:
    keys = [key for s in secrets if s.startswith("whpk_") and len(key := _decoded(s.removeprefix("whpk_"))) == 32]
    return any([_verifies(key, _decoded(signature), content) for key in keys for signature in signatures])  # noqa: C419


def _verifies(key: bytes, signature: bytes, content: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, content)
    except InvalidSignature:
        return False
    return True


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


# HMAC as configured


def _hmac_claim(scheme: Hmac, headers: Headers, body: bytes) -> _Claim | None:
    text = headers.get(scheme.header)
    if text is None:
        return None
    found = [match.groupdict() for match in scheme.pattern.finditer(text)]
    signatures = [groups["signature"] for groups in found if groups.get("signature")]
    stamps = [groups["timestamp"] for groups in found if groups.get("timestamp")]
    stamp = headers.get(scheme.timestamp_header) if scheme.timestamp_header else next(iter(stamps), None)
    needs_stamp = "{timestamp}" in scheme.content or scheme.timestamp_header is not None
    if (needs_stamp or stamp) and _seconds(stamp) is None:
        return _Claim([])
    number = next((value for name in _ID_HEADERS if (value := headers.get(name))), "")
    return _Claim(signatures, _content(scheme.content, body, stamp or "", number), stamp)


def _content(template: str, body: bytes, stamp: str, number: str) -> bytes:
    """The template's text in bytes, each part put in once: what a sender wrote is never read as a template."""
    head, found, tail = template.partition("{body}")
    parts = [part.replace("{timestamp}", stamp).replace("{id}", number) for part in (head, tail)]
    return _bytes(parts[0]) + (body if found else b"") + _bytes(parts[1])


def _normal(signature: str, scheme: Hmac) -> str:
    return signature.lower() if scheme.encoding == "hex" else signature


def _encoded(digest: bytes, scheme: Hmac) -> str:
    return digest.hex() if scheme.encoding == "hex" else b64encode(digest).decode()


def _signed_headers(scheme: Hmac, secret: str, body: bytes, number: str, stamp: str) -> dict[str, str]:
    content = _content(scheme.content, body, stamp, number)
    value = _encoded(hmac.digest(secret.encode(), content, scheme.algorithm), scheme)
    shapes = (value, f"{scheme.algorithm}={value}", f"t={stamp},v1={value}", f"v0={value}", f"v1={value}")
    fitting = (shape for shape in shapes if _reads_as(scheme, shape, value, stamp))
    header = next(fitting, None)
    if header is None:
        raise ValueError(f"A header of the shape {scheme.pattern.pattern} cannot be made up.")
    stamped = {scheme.timestamp_header: stamp} if scheme.timestamp_header else {}
    return {scheme.header: header, "X-Delivery-Id": number} | stamped


def _reads_as(scheme: Hmac, shape: str, signature: str, stamp: str) -> bool:
    found = [match.groupdict() for match in scheme.pattern.finditer(shape)]
    stamps = [groups["timestamp"] for groups in found if groups.get("timestamp")]
    wants_stamp = "timestamp" in scheme.pattern.groupindex
    return [groups["signature"] for groups in found if groups.get("signature")] == [signature] and (
        not wants_stamp or stamps == [stamp]
    )


# Secrets that come as they are


def _bearers(value: str) -> Iterable[str]:
    scheme, _, token = value.strip().partition(" ")
    return (value, token.strip()) if scheme.lower() == "bearer" else (value,)


def _parameters(query: bytes, name: str) -> list[str]:
    """The parameter's values in the query of an address, where `+` is itself (RFC 3986); none where it cannot be decoded."""
    try:
        pairs = [pair.partition("=") for pair in query.decode("ascii").split("&")]
        return [unquote(value, errors="strict") for key, _, value in pairs if key == name]
    except UnicodeDecodeError:
        return []


def _passwords(value: str) -> Iterator[str]:
    scheme, _, credentials = value.strip().partition(" ")
    if scheme.lower() == "basic":
        user_and_password = _decoded(credentials.strip()).decode("utf-8", "replace")
        _user, colon, password = user_and_password.partition(":")
        if colon:
            yield password
