"""`flask pause`, `resume`, `send-again` and `look-up`."""

from collections.abc import Sequence

import click

from handlers.operating.commands.asking import ask, operation, present
from handlers.operating.commands.reading import EVENT
from handlers.operating.commands.service import Service, quiet
from handlers.operating.operation import Operation


def commands(service: Service) -> Sequence[click.Command]:
    """Those that stop sending, let it go on, and send one event anew."""
    event = "/api/events/{source}/{external_id}"
    return [
        _pause(service),
        _resume(service),
        _about(service, "send-again", operation("POST", f"{event}/send-again"), "is sent again at once, in full."),
        _about(service, "look-up", operation("POST", f"{event}/look-up"), "is looked up at its platform, and sent."),
    ]


def _pause(service: Service) -> click.Command:
    @click.command("pause")
    @click.argument("source", required=False)
    @click.option("--detail", help="Why, for others to read.")
    @quiet(service)
    def pause(source: str | None, detail: str | None) -> None:
        """Send nothing of SOURCE, or nothing at all, until it is resumed; notifications are taken and kept meanwhile.

        The exit status is 1 where there is no such source.
        """
        ask(service, operation("POST", "/api/pause"), {}, {}, present({"source": source, "detail": detail}))
        click.echo(f"{source or 'All sending'} is paused: go on with flask resume{f' {source}' if source else ''}.")

    return pause


def _resume(service: Service) -> click.Command:
    @click.command("resume")
    @click.argument("source", required=False)
    @quiet(service)
    def resume(source: str | None) -> None:
        """Send again, whoever paused it: SOURCE, or all but the sources that an operator paused by name.

        HubSpot is tried at once, with one small batch. The exit status is 1 where there is no such source.
        """
        ask(service, operation("POST", "/api/resume"), {}, {}, present({"source": source}))
        click.echo(f"{source or 'All sending'} goes on within a second.")

    return resume


def _about(service: Service, name: str, asked: Operation, done: str) -> click.Command:
    @quiet(service)
    def act(source: str, external_id: str) -> None:
        ask(service, asked, {"source": source, "external_id": external_id}, {})
        click.echo(f"{source} {external_id} {done}")

    words = f"{asked.summary}.\n\nThe exit status is 1 where that cannot be, and 2 for wrong usage."
    return click.Command(name, params=list(EVENT), callback=act, help=words)
