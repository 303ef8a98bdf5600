"""Addresses: those that visitors follow, those that are asked, and what can stand in one."""

import re
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError

from schemas.fields import Value, shape
from schemas.settings import base_url

MAX_URL = 2048
_HOST_ONLY = re.compile(r"[a-z]+://[^/?#]+/?", re.IGNORECASE)
_PART = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@-]+")  # RFC 3986, 3.3: pchar, without percent-encoding


class WebUrl(Value[str]):
    """An absolute http or https address that a visitor can follow, without credentials in it."""

    def read(self, value: Any) -> str:
        """The address as it came."""
        if not isinstance(value, str) or not is_web_url(value):
            raise ValidationError(f"Is {shape(value)}, not a web address: such as https://example.com/events/1.")
        return value


def is_web_url(value: str) -> bool:
    """Whether it is an absolute http or https address with a host, and nothing that misleads."""
    if not 0 < len(value) <= MAX_URL or not value.isprintable() or " " in value or "\\" in value:
        return False
    try:
        parts = urlsplit(value)
        usable_port = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc and usable_port


class UrlTemplate(WebUrl):
    """An address in which `placeholder` stands once, for what tells one event from another; `example` shows it."""

    def __init__(self, placeholder: str, example: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._placeholder, self._example = placeholder, example

    def read(self, value: Any) -> str:
        """The address as it came."""
        if not isinstance(value, str) or value.count(self._placeholder) != 1:
            raise ValidationError(f"Needs {self._placeholder} once: such as {self._example}.")
        super().read(value.replace(self._placeholder, "1"))
        return value


class BaseUrl(Value[str]):
    """Where an API that is asked stands: https, or http on this host; without path, query or credentials."""

    def read(self, value: Any) -> str:
        """The address without a slash at its end."""
        if not isinstance(value, str) or not is_web_url(value) or not _HOST_ONLY.fullmatch(value):
            raise ValidationError(f"Is {shape(value)}, not a host's address: such as https://pretix.eu, and no more.")
        return base_url(value)


def fit_for_an_address(secrets: list[str]) -> None:
    """For platforms whose secret is the last part of the address. Raises `ValidationError`."""
    if not all(_PART.fullmatch(secret) for secret in secrets):
        raise ValidationError("Has characters that cannot stand in an address: use letters, digits, - and _.")
