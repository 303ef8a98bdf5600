"""What the pages need of the wired service, and what every page does alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from functools import cached_property, partial
from typing import Any, Protocol

from flask import request
from marshmallow import Schema, ValidationError
from prometheus_client import CollectorRegistry

from handlers.configuration import Configuration
from handlers.errors import Refusal
from handlers.forwarding.credentials import OAuth, StaticToken
from handlers.forwarding.hubspot import HubSpot
from handlers.inbox.browsing import events
from handlers.inbox.counts import Counts
from handlers.inbox.database import Database
from handlers.operating.acting import Actions
from handlers.operating.pages.kept import Kept
from handlers.platform import Platform
from schemas.sources import Source

PAGE = 50


class Service(Protocol):
    """The wired service."""

    configuration: Configuration
    database: Database
    platforms: Mapping[str, Platform[Any]]
    registry: CollectorRegistry

    @property
    def actions(self) -> Actions:
        """What an operator can do."""
        ...

    @property
    def counts(self) -> Counts:
        """What waits and what is dead."""
        ...

    @property
    def credentials(self) -> StaticToken | OAuth:
        """What opens HubSpot."""
        ...

    def hubspot(self) -> HubSpot:
        """The one way to HubSpot."""
        ...


@dataclass(frozen=True)
class Office:
    """The service, and a clock that tells Unix seconds: the database's, for hosts' clocks may differ."""

    service: Service
    clock: Callable[[], float]

    @cached_property
    def states(self) -> Kept[dict[str, int]]:
        """How many events stand in each state."""
        return Kept(partial(events.counts, self.database))

    @property
    def database(self) -> Database:
        """The inbox."""
        return self.service.database

    @property
    def sources(self) -> Mapping[str, Source]:
        """The configured sources by name."""
        return self.service.configuration.sources

    @property
    def zone(self) -> tzinfo | None:
        """The HubSpot account's time zone, where it is set."""
        return self.service.configuration.settings.hubspot_time_zone


def asked(schema: Schema) -> dict[str, Any]:
    """What the address asks for; fields of a form that were left empty are not asked for. Raises a `Refusal`."""
    return _loaded(schema, request.args)


def told(schema: Schema) -> dict[str, Any]:
    """What a form tells, in the same way."""
    return _loaded(schema, request.form)


def _loaded(schema: Schema, given: Mapping[str, str]) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load({name: text.strip() for name, text in given.items() if text.strip()})
    except ValidationError as error:
        raise Refusal(400, "invalid_query", "What was asked for has faults.", error.messages_dict) from error
    return loaded
