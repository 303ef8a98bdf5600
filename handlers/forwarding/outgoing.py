"""The one way to call another host: its own base URL only, no redirects, time-outs, and an end to every answer."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import local
from typing import Any
from urllib.parse import quote

import requests
from marshmallow import ValidationError
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectionError as NoConnection
from requests.exceptions import ConnectTimeout, ReadTimeout, RequestException, SSLError, Timeout
from urllib3.exceptions import NameResolutionError, NewConnectionError

from schemas.settings import base_url as checked_base_url

CONNECT_SECONDS = 5.0
MAX_ANSWER_BYTES = 8 * 1024 * 1024
_CHUNK = 64 * 1024
_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


@dataclass(frozen=True)
class Reply:
    """What came back: `status` is None where nothing usable did, and `fault` then says in one word why."""

    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    fault: str | None = None
    seconds: float = 0.0


class _TooMuch(Exception):
    """The answer is larger, or takes longer, than is good for anybody."""


def quoted(segment: str) -> str:
    """One segment of a path: nothing in it can lead elsewhere. Raises `ValueError` for `.` and `..`.

    These are steps however they are written: `%2E` is the same as a dot (RFC 3986, 6.2.2.2), and `requests` makes it one.
    """
    if segment in (".", ".."):
        raise ValueError("No segment of a path can be called so.")
    return quote(segment, safe="")


class Outgoing:
    """Calls below one base URL. Threads share nothing: each has a session, and so connections, of its own."""

    def __init__(self, base_url: str, timeout: float) -> None:
        """Call `base_url` (https, or http on this host), waiting `timeout` seconds for a whole answer.

        Raises `ValueError` for any other base URL.
        """
        try:
            self.base_url = checked_base_url(base_url)
        except ValidationError as error:
            raise ValueError(str(error.messages[0])) from error
        self._timeout = timeout
        self._local = local()

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request and read its whole answer. Never raises for what the other side does."""
        started = time.monotonic()
        url = self._url(path)
        try:
            with self._session().request(
                method,
                url,
                params=params,
                data=content,
                headers=headers,
                timeout=(min(CONNECT_SECONDS, self._timeout), self._timeout),
                allow_redirects=False,
                stream=True,
            ) as answer:
                body = _read(answer, started + self._timeout)
                return Reply(answer.status_code, answer.headers, body, None, time.monotonic() - started)
        except (RequestException, OSError, _TooMuch) as error:
            return Reply(None, fault=_fault(error), seconds=time.monotonic() - started)

    def _url(self, path: str) -> str:
        """A path can only lead further down."""
        segments = path.split("/")
        if not path.startswith("/") or path.startswith("//") or ".." in segments or not path.isprintable():
            raise ValueError("A path starts with one slash and leads down.")
        return self.base_url + path

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = _session()
        return session


def _session() -> requests.Session:
    """No proxies and no credentials from the environment, and no retries: the inbox is the one that tries again."""
    session = requests.Session()
    session.trust_env = False
    session.verify = next((os.environ[name] for name in _CERTIFICATES if os.environ.get(name)), True)
    session.headers["User-Agent"] = "Marquee"
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=0))
    return session


def _read(answer: requests.Response, end: float) -> bytes:
    chunks: list[bytes] = []
    for chunk in answer.iter_content(_CHUNK):
        chunks.append(chunk)
        if sum(map(len, chunks)) > MAX_ANSWER_BYTES or time.monotonic() > end:
            raise _TooMuch
    return b"".join(chunks)


def _fault(error: Exception) -> str:
    causes: list[tuple[type[Exception] | tuple[type[Exception], ...], str]] = [
        (_TooMuch, "too_large_or_slow"),
        (SSLError, "tls"),
        (ConnectTimeout, "connect_timeout"),
        ((ReadTimeout, Timeout), "read_timeout"),
    ]
    for kind, word in causes:
        if isinstance(error, kind):
            return word
    return _connection_fault(error) if isinstance(error, NoConnection) else "broken"


def _connection_fault(error: NoConnection) -> str:
    cause: Any = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    if isinstance(reason, NameResolutionError):
        return "dns"
    return "refused" if isinstance(reason, NewConnectionError) else "reset"
