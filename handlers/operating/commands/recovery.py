"""`flask backup` and `flask restored`."""

from collections.abc import Sequence
from pathlib import Path

import click

from handlers.inbox import copying
from handlers.operating.commands.service import Service, quiet


def commands(service: Service) -> Sequence[click.Command]:
    """Those for the day on which the disk is lost, and for the days before."""
    return [_backup(service), _restored(service)]


def _backup(service: Service) -> click.Command:
    @click.command("backup")
    @click.argument("file", type=click.Path(path_type=Path))
    @quiet(service)
    def backup(file: Path) -> None:
        """Write the whole inbox, as it is at this moment, to the new FILE; the service goes on meanwhile.

        For an SQLite inbox. The exit status is 0 if the copy is on disk, 1 if not, and 2 for an inbox on PostgreSQL, which has
        pg_dump for that.
        """
        if service.database.dialect != "sqlite":
            raise click.UsageError("The inbox is on PostgreSQL: use pg_dump --format=custom, as README.md says.")
        try:
            size = copying.copy(service.database, file)
        except OSError as error:
            raise click.ClickException(f"{file}: {error.strerror}.") from error
        click.echo(f"{file}: {size} bytes. It holds what people wrote, and grants: keep it as safe as the inbox.")

    return backup


def _restored(service: Service) -> click.Command:
    @click.command("restored")
    @quiet(service)
    def restored() -> None:
        """Say, before the service starts again, that an older copy of the inbox was put back.

        What HubSpot was confirmed to have is forgotten, since it has heard more since then; all platforms' lists are compared
        as soon as a worker runs, and events that waited in the copy are looked up before anything is sent of them. Where a
        platform cannot be asked, what waited is sent as it was known. The exit status is 0, or 1 if the inbox cannot be used.
        """
        doubted = copying.doubt_all(service.database)
        asked = copying.waiting(service.database, service.guests.keys())
        hints = sum(service.hints.add(source, events) for source, events in asked.items())
        click.echo(f"{doubted} event(s) count as unconfirmed; {hints} that waited are looked up first.")

    return restored
