"""The operator's commands."""

import time
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, Protocol

import click
from flask import Flask
from marshmallow import ValidationError
from rich.console import Console
from rich.progress import track

from handlers.errors import InboxUnavailable
from handlers.forwarding.hydrator import Guest
from handlers.forwarding.outgoing import Outgoing
from handlers.forwarding.reconciling import Roll, Wish
from handlers.inbox import links
from handlers.inbox.known import Hints
from handlers.operating import backfilling, checking, logs, trying
from handlers.operating.linking import import_links
from handlers.platform import Platform
from handlers.receiving.verifier import sign
from schemas.links import LinkSchema
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

    def work(self) -> None:
        """Be a worker until told to stop."""
        ...


def register(app: Flask, service: Service) -> None:
    """Add the commands to `flask`."""
    quietly = _quiet(service)

    @app.cli.command("work")
    def work() -> None:
        """Send what changed to HubSpot; as many of these as you like, one leads."""
        service.work()

    @app.cli.command("check")
    @quietly
    def check() -> None:
        """Check settings, sources, database, and what HubSpot allows; the exit status is 1 if anything is amiss."""
        faults = 0
        for finding in checking.check(service):
            click.echo(f"{finding.about:<8} {finding.text}", err=finding.is_fault)
            faults += finding.is_fault
        click.echo(f"{faults} fault(s)." if faults else "All is well.")
        raise SystemExit(1 if faults else 0)

    @app.cli.command("link")
    @click.argument("source", required=False)
    @click.argument("external_id", required=False)
    @click.argument("object_id", required=False)
    @click.option(
        "--import",
        "file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="A CSV file with the header source,external_id,object_id; all of its rows or none.",
    )
    @click.option("--dry-run", is_flag=True, help="With --import: only tell what would change.")
    @quietly
    def link(
        source: str | None, external_id: str | None, object_id: str | None, file: Path | None, *, dry_run: bool
    ) -> None:
        """Let HubSpot's marketing event OBJECT_ID stand for a source's event from now on, and send the event.

        The exit status is 0 if all is linked (or could be), 1 if a row is faulty or a marketing event stands for another
        event already, and 2 for wrong usage.
        """
        words = (source, external_id, object_id)
        if any(words) == bool(file) or not (file or all(words)) or (dry_run and not file):
            raise click.UsageError("Give SOURCE EXTERNAL_ID OBJECT_ID, or --import FILE.csv and perhaps --dry-run.")
        try:
            if file:
                import_links(service.database, file, service.configuration.sources, dry_run=dry_run)
            else:
                _link(service, *(word or "" for word in words))
        except (links.LinkedElsewhere, InboxUnavailable) as error:
            raise click.ClickException(str(error)) from error

    @app.cli.command("try-map")
    @click.argument("source")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--content-type", default="application/json", show_default=True, help="As it came.")
    @quietly
    def try_map(source: str, file: Path, content_type: str) -> None:
        """Show what the notification whose body is saved in FILE would become in HubSpot; nothing is sent there.

        A platform whose notifications carry no state is asked, as the worker would. The exit status is 1 if something is
        wrong, or nothing would be sent.
        """
        configured = _known_source(service, source)
        trial = trying.Trial(configured, service.platforms[configured.platform], service.guests.get(source))
        raise SystemExit(0 if trying.try_file(trial, file, content_type, Console()) else 1)

    @app.cli.command("backfill")
    @click.argument("source")
    @click.option("--dry-run", is_flag=True, help="Only show what differs.")
    @click.option("--all", "everything", is_flag=True, help="Ask about every listed event that is or was public.")
    @click.option("--believe", is_flag=True, help="Believe the list even if much of what is known is missing in it.")
    @click.option("--restart", is_flag=True, help="Begin anew, where a run was interrupted.")
    @quietly
    def backfill(source: str, *, dry_run: bool, everything: bool, believe: bool, restart: bool) -> None:
        """Compare SOURCE with its platform's list now, and have what differs looked up and sent by the worker.

        A run that was interrupted goes on. The exit status is 1 if the list could not be had or was not believed, and 2
        for wrong usage.
        """
        if dry_run and (believe or restart):
            raise click.UsageError("--dry-run keeps nothing, so that there is nothing to believe or to begin anew.")
        wish = Wish(everything, believe)
        run = backfilling.Backfill(service.database, _listable(service, source), service.hints, wish)
        raise SystemExit(0 if backfilling.carry_out(run, dry_run=dry_run, restart=restart) else 1)

    @app.cli.command("send-sample")
    @click.argument("source")
    @click.option("--count", default=1, show_default=True, type=click.IntRange(1), help="How many notifications.")
    @click.option("--events", default=1, show_default=True, type=click.IntRange(1), help="About how many events.")
    @click.option("--rate", type=click.FloatRange(0.01), help="How many a second at most.")
    @click.option("--url", help="Where Marquee listens; by default where the settings say.")
    @quietly
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


def _quiet(service: Service) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Keeps the log, but for warnings, out of what a person reads."""

    def quietly(command: Callable[P, None]) -> Callable[P, None]:
        @wraps(command)
        def run(*args: P.args, **kwargs: P.kwargs) -> None:
            settings = service.configuration.settings
            logs.configure(settings.log_format, max("WARNING", settings.log_level, key=logs.severity))
            command(*args, **kwargs)

        return run

    return quietly


def _link(service: Service, source: str, external_id: str, object_id: str) -> None:
    _known_source(service, source)
    try:
        LinkSchema().load({"source": source, "external_id": external_id, "object_id": object_id})
    except ValidationError as error:
        faults = [f"{name}: {' '.join(texts)}" for name, texts in error.messages_dict.items()]
        raise click.UsageError("; ".join(faults)) from error
    woken = links.link(service.database, source, external_id, object_id, time.time())
    click.echo(f"{source} {external_id} is linked to {object_id}; {woken} dead notification(s) wait again.")


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


def _listable(service: Service, name: str) -> Roll:
    """Raises `click.ClickException` saying why the source cannot be compared with its platform."""
    source = _known_source(service, name)
    if name in service.rolls:
        return service.rolls[name]
    if service.platforms[source.platform].list_events is None:
        raise click.ClickException(
            f"{name}: {source.platform} tells no list of its events, so there is nothing to compare."
        )
    raise click.ClickException(
        f"{name}: It has no token to ask {source.platform} with: give it what opens the API (api_token, or what README.md names)."
    )


def _known_source(service: Service, name: str) -> Source:
    source = service.configuration.sources.get(name)
    if source is None:
        known = ", ".join(sorted(service.configuration.sources))
        raise click.BadParameter(f"No such source: choose one of {known}.", param_hint="SOURCE")
    return source
