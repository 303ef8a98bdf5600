"""Takes out of a notification what is not an event's: persons, how to reach them, tokens. The event's own texts stay.

By rule, since every platform sends other members: by what a member is called, by whom it is about, and by what a text
looks like. What is in doubt goes.
"""

import re
from collections.abc import Collection
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit, urlunsplit

import orjson

from handlers.operating.private_words import is_private, words_of

REDACTED = "«redacted»"
DEEPEST = 60
# Every length is bounded: else a long text without an end would be looked through once for each of its letters.
_IN_ADDRESS = r"[^\s@<>\"'(),;:/?=&%]"
_EMAIL = re.compile(
    _IN_ADDRESS + r"{1,64}(?:@|%40)" + _IN_ADDRESS + r"{1,255}\." + _IN_ADDRESS + r"{1,63}", re.IGNORECASE
)
_PHONE = re.compile(
    r"(?<![\w.])(?:\(?\+|00)\(?\d(?:[ ()/.-]{0,2}\d){6,}|(?<![\w.:-])\(?0\d{1,5}\)?[ /-]\d(?:[ -]?\d){4,}"
)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s<>\"']+")
_LONG = re.compile(r"[A-Za-z0-9_\-+/=.~]{24,}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PREFIXED = re.compile(r"\b(?:whsec_|whpk_|sk_|pk_|rk_|pat-|ghp_|xox[a-z]-|eyJ|Bearer |Basic )[\w\-+/=.]{4,}")


def redacted(body: bytes, private: frozenset[str] = frozenset(), secrets: Collection[str] = ()) -> Any:
    """The JSON of a body without what is private: also the members called as in `private`, and any of the `secrets`."""
    try:
        value = orjson.loads(body) if body else {}
    except ValueError:
        return REDACTED
    return _Rules(private, tuple(sorted(filter(None, secrets), key=len, reverse=True))).value(value, DEEPEST)


class _Rules:
    def __init__(self, private: frozenset[str], secrets: Collection[str]) -> None:
        self._private = private
        self._secrets = secrets

    def value(self, value: Any, depth: int) -> Any:
        if depth == 0:
            return REDACTED
        if isinstance(value, dict):
            return {self.text(name): self._member(name, inner, depth - 1) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.value(inner, depth - 1) for inner in value]
        return self.text(value) if isinstance(value, str) else value

    def _member(self, name: str, value: Any, depth: int) -> Any:
        if name in self._private or is_private(words_of(name)):
            return _hidden(value)
        return self.value(value, depth)

    def text(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, REDACTED)
        between, addresses = _URL.split(text), _URL.findall(text)
        shown = [_plain(between[0])]
        for address, following in zip(addresses, between[1:], strict=True):
            shown += [_address(address), _plain(following)]
        return "".join(shown)


def _plain(text: str) -> str:
    text = _PREFIXED.sub(REDACTED, _EMAIL.sub(REDACTED, text))
    return _LONG.sub(_unless_words, _PHONE.sub(REDACTED, text))


def _hidden(value: Any) -> Any:
    """Only whether there is something, and whether it is yes or no."""
    if value is None or isinstance(value, bool) or value in ("", [], {}):
        return value
    return REDACTED


def _address(url: str) -> str:
    """Without credentials, and without what may open something: parameters and parts of the path that no word is."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return REDACTED
    host = f"{REDACTED}@{parts.netloc.rpartition('@')[2]}" if "@" in parts.netloc else parts.netloc
    path = "/".join(_part(part) for part in parts.path.split("/"))
    query = "&".join(
        f"{_part(quote(name))}={_parameter(name, value)}"
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    )
    fragment = REDACTED if parts.fragment and ("=" in parts.fragment or _is_key(parts.fragment)) else parts.fragment
    return urlunsplit((parts.scheme, host, path, query, fragment))


def _part(part: str) -> str:
    told = unquote(part)
    return REDACTED if _is_key(told) or "@" in told else part


def _parameter(name: str, value: str) -> str:
    words = words_of(name)
    if not value or not (
        is_private(words) or {"key", "code", "hash", "auth", "k"} & set(words) or _is_key(value) or "@" in value
    ):
        return quote(value)
    return REDACTED


def _is_key(text: str) -> bool:
    return (
        len(text) >= 16
        and re.search(r"\d", text) is not None
        and re.search(r"[A-Za-z]", text) is not None
        and (_SLUG.fullmatch(text) is None)
    )


# What an address calls an event by: words with hyphens, and perhaps a number among them.
_SLUG = re.compile(r"(?:[a-z]{1,20}|[0-9]{1,14})(?:[-_](?:[a-z]{1,20}|[0-9]{1,14}))+", re.IGNORECASE)


def _unless_words(found: re.Match[str]) -> str:
    """A long run of letters and figures is a key; words, dates and the ids of things are none."""
    text = found[0]
    if REDACTED in text or _UUID.fullmatch(text) or not _is_key(text) or _DATE.match(text):
        return text
    return REDACTED


_DATE = re.compile(r"\d{4}-\d\d-\d\dT")
