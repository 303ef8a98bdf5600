"""The settings of the environment: read once, validated, every fault in one list."""

import logging
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from environs import Env, EnvValidationError, FileAwareEnv
from marshmallow import ValidationError
from marshmallow.validate import URL, Length, OneOf, Range, Regexp

from schemas.access import ACCESS, ROLES, Access, access_faults, access_of
from schemas.alerts import ALERTS, Receiver, receiver_faults, receiver_of
from schemas.credentials import KEY, OAUTH, App, app_of, credential_faults
from schemas.loopback import LOOPBACK

PROJECT = Path(__file__).resolve().parents[1]
PLAIN_SECRETS = ("HUBSPOT_ACCESS_TOKEN",)
SECRETS = (*PLAIN_SECRETS, *OAUTH, KEY, *ACCESS, *ALERTS)
# Who and where, if not on this host's socket; the name of the database; and what libpq understands besides.
_POSTGRESQL = re.compile(r"(?:[^\s/?#@]+@)?[^\s/?#@]*/[^\s/?#]+(?:\?\S*)?")
VERSION = r"20\d\d-\d\d(-beta)?|v\d"


@dataclass(frozen=True)
class Settings:
    """Every setting, typed. Seconds, bytes and days as named; secrets are kept out of `repr`."""

    hubspot_access_token: str | None = field(repr=False)
    hubspot_app: App | None = field(repr=False)
    hubspot_base_url: str
    hubspot_api_version: str
    hubspot_batch_size: int
    hubspot_concurrency: int
    hubspot_timeout: float
    hubspot_share: float
    hubspot_time_zone: ZoneInfo | None
    database_url: str = field(repr=False)  # may hold a password
    sources_file: Path
    link_grace_seconds: float
    debounce_seconds: float
    worker: Literal["embedded", "off"]
    max_body_bytes: int
    timestamp_tolerance: float
    retention_days: float
    access: Access
    alerts: Receiver | None
    audit_days: float
    trusted_proxies: int
    log_format: Literal["json", "text"]
    log_level: str
    host: str
    port: int
    worker_port: int | None
    traces_endpoint: str | None
    web_concurrency: int
    web_threads: int
    drain_seconds: float


class SettingsError(ValueError):
    """Settings that cannot be used. `faults` names each variable and what to do."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def read_settings() -> Settings:
    """The settings of this process's environment. Raises `SettingsError` with all faults."""
    env = FileAwareEnv(eager=False, strip_whitespace=True)
    for name, parser in {"base_url": base_url, "zone": _zone, "database": _database, "place": _place}.items():
        env.add_parser(name, parser)
    faults: list[str] = []
    secrets = {name: _secret(env, name, faults) for name in SECRETS}
    values = {name.lower(): secrets[name] for name in PLAIN_SECRETS} | {"hubspot_app": app_of(secrets)} | _plain(env)
    header, role = (
        env.str("OPERATOR_IDENTITY_HEADER", ""),
        env.str("OPERATOR_IDENTITY_ROLE", "read", validate=OneOf(ROLES)),
    )
    values |= {"access": access_of(secrets, header, role), "alerts": receiver_of(secrets)}
    try:
        env.seal()
    except EnvValidationError as error:
        faults += [f"{name}: {' '.join(messages)}" for name, messages in _by_name(error)]
    faults += credential_faults(secrets, sends=values["worker"] == "embedded")
    faults += [*access_faults(secrets, header, values["trusted_proxies"]), *receiver_faults(secrets)]
    if faults:
        raise SettingsError(faults)
    return Settings(**values)


def _by_name(error: EnvValidationError) -> list[tuple[str, list[str]]]:
    return list(error.error_messages.items()) if isinstance(error.error_messages, dict) else []


def _plain(env: Env) -> dict[str, Any]:
    return {
        "hubspot_base_url": env.base_url("HUBSPOT_BASE_URL", "https://api.hubapi.com"),
        "hubspot_api_version": env.str(
            "HUBSPOT_API_VERSION", "2026-03", validate=Regexp(VERSION, error="Not a version: such as 2026-03, or v3.")
        ),
        "hubspot_batch_size": env.int("HUBSPOT_BATCH_SIZE", 100, validate=Range(1, 1000)),
        "hubspot_concurrency": env.int("HUBSPOT_CONCURRENCY", 4, validate=Range(1, 32)),
        "hubspot_timeout": env.float("HUBSPOT_TIMEOUT", 30.0, validate=Range(0.1, 120)),
        "hubspot_share": env.float("HUBSPOT_SHARE", 1.0, validate=Range(0.01, 1)),
        "hubspot_time_zone": env.zone("HUBSPOT_TIME_ZONE", ""),
        "database_url": env.database("DATABASE_URL", "sqlite:///var/marquee.db"),
        "sources_file": env.place("SOURCES_FILE", "sources.toml"),
        "link_grace_seconds": env.float("LINK_GRACE_SECONDS", 600.0, validate=Range(0, 86400)),
        "debounce_seconds": env.float("DEBOUNCE_SECONDS", 1.0, validate=Range(0, 3600)),
        "worker": env.str("WORKER", "embedded", validate=OneOf(["embedded", "off"])),
        "max_body_bytes": env.int("MAX_BODY_BYTES", 1024 * 1024, validate=Range(1, 64 * 1024 * 1024)),
        "timestamp_tolerance": env.float("TIMESTAMP_TOLERANCE", 600.0, validate=Range(1, 86400)),
        "retention_days": env.float("RETENTION_DAYS", 30.0, validate=Range(0.01, 36500)),
        "audit_days": env.float("AUDIT_DAYS", 365.0, validate=Range(0.01, 36500)),
        "trusted_proxies": env.int("TRUSTED_PROXIES", 0, validate=Range(0, 10)),
        "log_format": env.str("LOG_FORMAT", "json", validate=OneOf(["json", "text"])),
        "log_level": env.str("LOG_LEVEL", "INFO", validate=OneOf(list(logging.getLevelNamesMapping()))),
        "host": env.str("HOST", "127.0.0.1", validate=Length(min=1)),
        "port": env.int("PORT", 8000, validate=Range(0, 65535)),
        "traces_endpoint": env.str(
            "OTEL_EXPORTER_OTLP_ENDPOINT", None, validate=URL(require_tld=False, schemes={"http", "https"})
        ),
        "worker_port": env.int("WORKER_PORT", None, validate=Range(1, 65535)),
        "web_concurrency": env.int("WEB_CONCURRENCY", os.cpu_count() or 1, validate=Range(1, 256)),
        "web_threads": env.int("WEB_THREADS", 8, validate=Range(1, 256)),
        "drain_seconds": env.float("DRAIN_SECONDS", 0.0, validate=Range(0, 600)),
    }


def base_url(value: str) -> str:
    """A base URL to call, without a slash at its end: https, or http on this host. Raises `ValidationError`."""
    parts = urlsplit(value)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValidationError("Not a base URL: such as https://api.hubapi.com, without a query or credentials.")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValidationError("Is not encrypted: use https (http is for this host only).")
    return value.rstrip("/")


def _secret(env: Env, name: str, faults: list[str]) -> str | None:
    try:
        return env.str(name, None) or None
    except ValueError:
        faults.append(f"{name}_FILE: No readable text file stands there.")
        return None


def _zone(value: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(value) if value else None
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValidationError("Not a time zone: such as Europe/Berlin.") from error


def _database(value: str) -> str:
    place = value.removeprefix("sqlite:///")
    if place not in (value, "", ":memory:"):
        return f"sqlite:///{PROJECT / place}"
    scheme, _, rest = value.partition("://")
    if scheme in ("postgresql", "postgresql+psycopg") and _POSTGRESQL.fullmatch(rest):
        return f"postgresql+psycopg://{rest}"
    raise ValidationError(
        "Not a database: a file such as sqlite:///var/marquee.db, or postgresql+psycopg://user:password@host/name."
    )


def _place(value: str) -> Path:
    return PROJECT / value
