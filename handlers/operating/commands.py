"""The operator's commands: `flask work`, `check`, `send-sample`, `link`."""

import time
from typing import Any, Protocol

import click
from flask import Flask
from rich.console import Console
from rich.progress import track

from handlers.configuration import Configuration
from handlers.errors import InboxUnavailable
from handlers.forwarding.hubspot import HubSpot
from handlers.forwarding.outgoing import Outgoing
from handlers.forwarding.verdict import judge_look_up
from handlers.inbox import links
from handlers.inbox.database import Database
from handlers.inbox.schema import is_current
from handlers.platform import Platform
from handlers.receiving.verifier import sign
from schemas.sources import Source


class Service(Protocol):
    """What the commands need of the wired service."""

    configuration: Configuration
    platforms: Any
    database: Database

    def hubspot(self) -> HubSpot:
        """The one way to HubSpot."""
        ...

    def work(self) -> None:
        """Be a worker until told to stop."""
        ...


def register(app: Flask, service: Service) -> None:
    """Add the commands to `flask`."""

    @app.cli.command("work")
    def work() -> None:
        """Send what changed to HubSpot; as many of these as you like, one leads."""
        service.work()

    @app.cli.command("check")
    def check() -> None:
        """Check settings, sources, database, and HubSpot's token and scopes; the exit status is 1 if anything is amiss."""
        faults = [*_database_faults(service.database), *_hubspot_faults(service)]
        for name, source in service.configuration.sources.items():
            click.echo(f"source   {name}: {source.platform}, {len(source.secrets)} secret(s)")
        for fault in faults:
            click.echo(f"fault    {fault}", err=True)
        click.echo("All is well." if not faults else f"{len(faults)} fault(s).")
        raise SystemExit(1 if faults else 0)

    @app.cli.command("link")
    @click.argument("source")
    @click.argument("external_id")
    @click.argument("object_id")
    def link(source: str, external_id: str, object_id: str) -> None:
        """Let HubSpot's marketing event OBJECT_ID stand for a source's event from now on, and send the event."""
        _known_source(service, source)
        if not (object_id.isascii() and object_id.isdigit()):
            raise click.BadParameter("HubSpot's objectId is made of digits.", param_hint="OBJECT_ID")
        try:
            woken = links.link(service.database, source, external_id, object_id, time.time())
        except (links.LinkedElsewhere, InboxUnavailable) as error:
            raise click.ClickException(str(error)) from error
        click.echo(f"{source} {external_id} is linked to {object_id}; {woken} dead notification(s) wait again.")

    @app.cli.command("send-sample")
    @click.argument("source")
    @click.option("--count", default=1, show_default=True, type=click.IntRange(1), help="How many notifications.")
    @click.option("--events", default=1, show_default=True, type=click.IntRange(1), help="About how many events.")
    @click.option("--rate", type=click.FloatRange(0.01), help="How many a second at most.")
    @click.option("--url", help="Where Marquee listens; by default where the settings say.")
    def send_sample(source: str, count: int, events: int, rate: float | None, url: str | None) -> None:
        """Sign and post sample notifications to SOURCE as its platform would."""
        configured = _known_source(service, source)
        settings = service.configuration.settings
        sender = Sender(
            configured, service.platforms[configured.platform], url or f"http://{settings.host}:{settings.port}"
        )
        try:
            answers = sender.send(count, events, rate)
        except ValueError as error:
            raise click.ClickException(str(error)) from error
        click.echo(", ".join(f"{number} × {answer}" for answer, number in sorted(answers.items())))
        raise SystemExit(0 if all(answer.startswith("2") for answer in answers) else 1)


class Sender:
    """Plays a platform: signs and posts sample notifications to this Marquee."""

    def __init__(self, source: Source, platform: Platform[Any], url: str) -> None:
        self._source = source
        self._platform = platform
        try:
            self._outgoing = Outgoing(url, timeout=30.0)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--url") from error

    def send(self, count: int, events: int, rate: float | None) -> dict[str, int]:
        """Post `count` notifications about `events` events, `rate` a second; returns how often each answer came."""
        answers: dict[str, int] = {}
        started, first = time.monotonic(), int(time.time())  # a later run is newer, and no duplicate
        for number in track(range(count), f"Sending to {self._source.name}", console=Console(stderr=True)):
            answer = self._post(number % events + 1, first + number // events)
            answers[answer] = answers.get(answer, 0) + 1
            if rate is not None:
                time.sleep(max(0.0, started + (number + 1) / rate - time.monotonic()))
        return answers

    def _post(self, event: int, count: int) -> str:
        sample = self._platform.sample(self._source, event, count)
        scheme = self._platform.schemes(self._source)[0]
        signed = sign(scheme, self._source.secrets[0], sample.body, f"sample-{time.time_ns()}", time.time())
        path = f"/webhooks/{self._source.name}" + (f"/{signed.path_token}" if signed.path_token else "")
        reply = self._outgoing.call("POST", path, content=sample.body, headers={**sample.headers, **signed.headers})
        return str(reply.status or reply.fault)


def _known_source(service: Service, name: str) -> Source:
    source = service.configuration.sources.get(name)
    if source is None:
        known = ", ".join(sorted(service.configuration.sources))
        raise click.BadParameter(f"No such source: choose one of {known}.", param_hint="SOURCE")
    return source


def _database_faults(database: Database) -> list[str]:
    try:
        current = is_current(database)
    except InboxUnavailable as error:
        return [f"database: {error}"]
    return [] if current else ["database: its schema is not this version's"]


def _hubspot_faults(service: Service) -> list[str]:
    """A look-up of an event that is nowhere tells whether the token opens the marketing events."""
    settings = service.configuration.settings
    if settings.hubspot_access_token is None:
        return ["HUBSPOT_ACCESS_TOKEN: is not set"]
    pause = judge_look_up(service.hubspot().search("marquee-check"), time.time(), settings.hubspot_time_zone)
    return [f"HubSpot at {settings.hubspot_base_url}: {pause.reason}"] if pause else []
