"""What all commands share: the wired service, and a log that keeps out of the way."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, Protocol

import click

from handlers.errors import InboxUnavailable
from handlers.forwarding.hydrator import Guest
from handlers.forwarding.reconciling import Roll
from handlers.inbox.known import Hints
from handlers.operating import checking, logs
from handlers.operating.operation import Desk
from schemas.sources import Source

P = ParamSpec("P")


class Service(checking.Service, Protocol):
    """What the commands need of the wired service."""

    platforms: Any

    @property
    def guests(self) -> Mapping[str, Guest]:
        """Who asks the sources' platforms."""
        ...

    @property
    def rolls(self) -> Mapping[str, Roll]:
        """The sources whose platforms tell a list of their events."""
        ...

    @property
    def hints(self) -> Hints:
        """What lets a platform be asked about events."""
        ...

    @property
    def desk(self) -> Desk:
        """What the API's operations work on."""
        ...

    def work(self) -> None:
        """Be a worker until told to stop."""
        ...


def quiet(service: Service) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Keeps the log, but for warnings, out of what a person reads; an inbox that cannot be used is exit status 1."""

    def quietly(command: Callable[P, None]) -> Callable[P, None]:
        @wraps(command)
        def run(*args: P.args, **kwargs: P.kwargs) -> None:
            settings = service.configuration.settings
            logs.configure(settings.log_format, max("WARNING", settings.log_level, key=logs.severity))
            try:
                command(*args, **kwargs)
            except InboxUnavailable as error:
                raise click.ClickException(str(error)) from error

        return run

    return quietly


def known_source(service: Service, name: str) -> Source:
    """The source of that name. Raises `click.BadParameter` naming those that there are."""
    source = service.configuration.sources.get(name)
    if source is None:
        known = ", ".join(sorted(service.configuration.sources))
        raise click.BadParameter(f"No such source: choose one of {known}.", param_hint="SOURCE")
    return source
