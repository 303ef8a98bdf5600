"""`flask check`: all that can be known before anything is sent, in one list."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Protocol

from handlers.configuration import Configuration
from handlers.errors import FaultySettings, InboxUnavailable
from handlers.forwarding.credentials import OAuth, StaticToken
from handlers.forwarding.hubspot import HubSpot
from handlers.inbox.database import Database
from handlers.inbox.schema import is_current
from handlers.inbox.soundness import faults
from handlers.operating.findings import Finding, fault
from handlers.operating.inspection import Inspection
from schemas.sources import Source


class Service(Protocol):
    """What a check needs of the wired service."""

    configuration: Configuration
    database: Database

    @property
    def credentials(self) -> StaticToken | OAuth:
        """What opens HubSpot."""
        ...

    def hubspot(self) -> HubSpot:
        """The one way to HubSpot."""
        ...


def check(service: Service) -> Iterator[Finding]:
    """Every finding, as soon as it is known; it asks HubSpot, and changes nothing there."""
    sources = service.configuration.sources
    return chain(_database(service.database), _sources(sources), _hubspot(service))


def _database(database: Database) -> Iterator[Finding]:
    try:
        if not is_current(database):
            yield fault("DATABASE_URL: its schema is not this version's")
        for words in faults(database):
            yield fault(f"DATABASE_URL: {words}")
    except InboxUnavailable as error:
        yield fault(f"DATABASE_URL: {error}")


def _sources(sources: Mapping[str, Source]) -> Iterator[Finding]:
    for name, source in sources.items():
        yield Finding("source", f"{name}: {source.platform}, {len(source.secrets)} secret(s)")


def _hubspot(service: Service) -> Iterator[Finding]:
    settings = service.configuration.settings
    try:
        inspection = Inspection(service.hubspot(), service.credentials, settings.hubspot_base_url)
    except FaultySettings as error:
        yield from map(fault, error.faults)
        return
    yield from inspection.findings(service.configuration.sources.values())
