"""`flask try-map`, `flask backfill` and `flask send-sample`."""

from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from handlers.forwarding.reconciling import Roll, Wish
from handlers.inbox.audit import About, record_alone
from handlers.operating import backfilling, trying
from handlers.operating.auth import commander
from handlers.operating.commands.service import Service, known_source, quiet
from handlers.operating.sampling import Sender


def commands(service: Service) -> Sequence[click.Command]:
    """Those about what a source's platform sends or tells."""
    return [_try_map(service), _backfill(service), _send_sample(service)]


def _try_map(service: Service) -> click.Command:
    @click.command("try-map")
    @click.argument("source")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--content-type", default="application/json", show_default=True, help="As it came.")
    @quiet(service)
    def try_map(source: str, file: Path, content_type: str) -> None:
        """Show what the notification whose body is saved in FILE would become in HubSpot; nothing is sent there.

        A platform whose notifications carry no state is asked, as the worker would. The exit status is 1 if something is
        wrong, or nothing would be sent.
        """
        configured = known_source(service, source)
        trial = trying.Trial(configured, service.platforms[configured.platform], service.guests.get(source))
        raise SystemExit(0 if trying.try_file(trial, file, content_type, Console()) else 1)

    return try_map


def _backfill(service: Service) -> click.Command:
    @click.command("backfill")
    @click.argument("source")
    @click.option("--dry-run", is_flag=True, help="Only show what differs.")
    @click.option("--all", "everything", is_flag=True, help="Ask about every listed event that is or was public.")
    @click.option("--believe", is_flag=True, help="Believe the list even if much of what is known is missing in it.")
    @click.option("--restart", is_flag=True, help="Begin anew, where a run was interrupted.")
    @quiet(service)
    def backfill(source: str, *, dry_run: bool, everything: bool, believe: bool, restart: bool) -> None:
        """Compare SOURCE with its platform's list now, and have what differs looked up and sent by the worker.

        A run that was interrupted goes on. The exit status is 1 if the list could not be had or was not believed, and 2
        for wrong usage.
        """
        if dry_run and (believe or restart):
            raise click.UsageError("--dry-run keeps nothing, so that there is nothing to believe or to begin anew.")
        wish = Wish(everything, believe)
        run = backfilling.Backfill(service.database, _listable(service, source), service.hints, wish)
        if not dry_run:
            detail = {"all": everything, "believe": believe, "restart": restart}
            record_alone(service.database, commander(), "backfill", About("source", source), detail)
        raise SystemExit(0 if backfilling.carry_out(run, dry_run=dry_run, restart=restart) else 1)

    return backfill


def _send_sample(service: Service) -> click.Command:
    @click.command("send-sample")
    @click.argument("source")
    @click.option("--count", default=1, show_default=True, type=click.IntRange(1), help="How many notifications.")
    @click.option("--events", default=1, show_default=True, type=click.IntRange(1), help="About how many events.")
    @click.option("--rate", type=click.FloatRange(0.01), help="How many a second at most.")
    @click.option("--url", help="Where Marquee listens; by default where the settings say.")
    @quiet(service)
    def send_sample(source: str, count: int, events: int, rate: float | None, url: str | None) -> None:
        """Sign and post sample notifications to SOURCE as its platform would.

        The exit status is 1 if any was not taken.
        """
        configured = known_source(service, source)
        settings = service.configuration.settings
        try:
            sender = Sender(
                configured, service.platforms[configured.platform], url or f"http://{settings.host}:{settings.port}"
            )
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--url") from error
        try:
            answers = sender.send(count, events, rate)
        except ValueError as error:
            raise click.ClickException(str(error)) from error
        click.echo(", ".join(f"{number} × {answer}" for answer, number in sorted(answers.items())))
        raise SystemExit(0 if all(answer.startswith("2") for answer in answers) else 1)

    return send_sample


def _listable(service: Service, name: str) -> Roll:
    """Raises `click.ClickException` saying why the source cannot be compared with its platform."""
    source = known_source(service, name)
    if name in service.rolls:
        return service.rolls[name]
    if service.platforms[source.platform].list_events is None:
        raise click.ClickException(
            f"{name}: {source.platform} tells no list of its events, so there is nothing to compare."
        )
    raise click.ClickException(
        f"{name}: It has no token to ask {source.platform} with: give it what opens the API (api_token, or what README.md names)."
    )
