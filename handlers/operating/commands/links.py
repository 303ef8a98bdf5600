"""`flask link`."""

from collections.abc import Sequence
from pathlib import Path

import click

from handlers.inbox import links
from handlers.inbox.audit import About, record_alone
from handlers.operating.auth import commander
from handlers.operating.commands.service import Service, known_source, quiet
from handlers.operating.linking import import_links


def commands(service: Service) -> Sequence[click.Command]:
    """The one that sets marketing events by hand."""
    return [_link(service)]


def _link(service: Service) -> click.Command:
    @click.command("link")
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
    @quiet(service)
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
                _import(service, file, dry_run=dry_run)
            else:
                _link_one(service, *(word or "" for word in words))
        except links.LinkedElsewhere as error:
            raise click.ClickException(str(error)) from error

    return link


def _link_one(service: Service, source: str, external_id: str, object_id: str) -> None:
    known_source(service, source)
    try:
        woken = service.desk.actions.link(source, external_id, object_id, commander())
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    click.echo(f"{source} {external_id} is linked to {object_id}; {woken} dead notification(s) wait again.")


def _import(service: Service, file: Path, *, dry_run: bool) -> None:
    linked = import_links(service.database, file, service.configuration.sources, dry_run=dry_run)
    if linked:
        record_alone(service.database, commander(), "link", About("filter", file.name), {"links": linked})
