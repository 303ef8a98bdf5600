"""`flask purge`."""

from collections.abc import Sequence

import click
from rich.console import Console
from rich.progress import Progress

from handlers.inbox.browsing import events, notifications
from handlers.inbox.listing import Wanted
from handlers.operating.auth import commander
from handlers.operating.commands.service import Service, quiet
from handlers.operating.commands.stopping import stoppable
from handlers.operating.erasing import erase_event, erase_notification


def commands(service: Service) -> Sequence[click.Command]:
    """The one that forgets."""
    return [_purge(service)]


def _purge(service: Service) -> click.Command:
    @click.command("purge")
    @click.option("--notification", type=click.IntRange(1), help="Forget one notification, with its body.")
    @click.option(
        "--event", nargs=2, metavar="SOURCE EXTERNAL_ID", help="Forget an event, and all that was told of it."
    )
    @click.option("--yes", is_flag=True, help="Do not ask.")
    @quiet(service)
    def purge(notification: int | None, event: tuple[str, str] | None, *, yes: bool) -> None:
        """Forget for good what is stored about an event, or one notification; in HubSpot and in backups it stays.

        What an event's notifications said is kept with the event, so forget the event where somebody's data must go. It comes
        back when its platform tells of it again. Ctrl-C stops it; the same command goes on.

        The exit status is 1 if there is no such thing, or it was stopped, and 2 for wrong usage.
        """
        if (notification is None) == (event is None):
            raise click.UsageError("Give --notification NUMBER, or --event SOURCE EXTERNAL_ID.")
        if notification is not None:
            _forget_notification(service, notification, yes=yes)
        elif event is not None:
            _forget_event(service, *event, yes=yes)

    return purge


def _forget_notification(service: Service, number: int, *, yes: bool) -> None:
    if notifications.get(service.database, number) is None:
        raise click.ClickException("No such notification is kept.")
    _confirm(f"Forget notification {number} for good?", yes=yes)
    erase_notification(service.database, number, commander())
    click.echo(f"Notification {number} is forgotten.")


def _forget_event(service: Service, source: str, external_id: str, *, yes: bool) -> None:
    number = events.number_of(service.database, source, external_id)
    if number is None:
        raise click.ClickException("No such event is known.")
    count = notifications.count(service.database, Wanted(source=source, event=external_id))
    _confirm(f"Forget {source} {external_id} and its {count} notification(s) for good?", yes=yes)
    with Progress(console=Console(stderr=True), transient=True) as progress, stoppable() as stopped:
        task = progress.add_task("Forgetting", total=count)
        for done in erase_event(service.database, number, (source, external_id), commander()):
            progress.update(task, completed=done)
            if stopped.is_set():
                raise click.ClickException("Stopped before all was forgotten: give the same command to go on.")
    click.echo(f"{source} {external_id} is forgotten, with {count} notification(s).")


def _confirm(words: str, *, yes: bool) -> None:
    if not yes:
        click.confirm(words, abort=True, err=True)
