"""`flask replay`."""

from collections.abc import Sequence
from contextlib import closing
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from handlers.inbox.listing import Wanted
from handlers.operating.auth import commander
from handlers.operating.commands.asking import HELP, JSON, options, present, read, write_json
from handlers.operating.commands.service import Service, quiet
from handlers.operating.commands.stopping import stoppable
from handlers.operating.replaying import Replayed
from schemas.operator_actions import ReplayBody, ReplayView

_BODY, _VIEW = ReplayBody(), ReplayView()


def commands(service: Service) -> Sequence[click.Command]:
    """The one that looks at settled notifications again."""

    @quiet(service)
    def replay(*, yes: bool, dry_run: bool, as_json: bool, **given: Any) -> None:
        _replay(service, present(given), yes=yes, dry_run=dry_run, as_json=as_json)

    params: list[click.Parameter] = [
        click.Argument(["notification"], required=False),
        *options(_BODY, "notification", "dry_run", "cursor"),
        click.Option(["--cursor"], help=HELP["cursor"]),
        click.Option(["--dry-run"], is_flag=True, help="Only count them."),
        click.Option(["--yes"], is_flag=True, help="Do not ask."),
        JSON,
    ]
    return [click.Command("replay", params=params, callback=replay, help=_HELP)]


_HELP = """Look at settled notifications again, with the present schemas and settings: one by its number, or all of a filter.

They are counted first, and you are asked. Nothing newer is overwritten. Ctrl-C stops it after the some hundred under way; it
goes on with --cursor.

The exit status is 0 if all of them wait to be looked at again, 1 if some still make no sense, or it was stopped, and 2 for
wrong usage.
"""


def _replay(service: Service, given: dict[str, Any], *, yes: bool, dry_run: bool, as_json: bool) -> None:
    body = read(_BODY, given)
    before, number = body.pop("cursor", None), body.pop("notification", None)
    body.pop("dry_run")
    wanted = number if number is not None else Wanted(**body)
    count = service.desk.actions.replay_count(wanted)
    told = Replayed(0, 0, count, 0)
    if not dry_run and count:
        if not yes:
            click.confirm(f"{count} notification(s) match. Look at all of them again?", abort=True, err=True)
        told, is_stopped = _carry_out(service, wanted, before, count)
    else:
        is_stopped = False
    _tell(told, is_stopped=is_stopped, dry_run=dry_run, as_json=as_json)
    raise SystemExit(1 if is_stopped or told.invalid else 0)


def _carry_out(service: Service, wanted: Wanted | int, before: int | None, count: int) -> tuple[Replayed, bool]:
    """How far it came, and whether it was stopped on the way."""
    told = Replayed(0, 0, count, 0)
    with (
        Progress(console=Console(stderr=True), transient=True) as progress,
        closing(service.desk.actions.replay(wanted, commander(), before)) as steps,
        stoppable() as stopped,
    ):
        task = progress.add_task("Replaying", total=count)
        for told in steps:
            progress.update(task, completed=told.done + told.invalid)
            if stopped.is_set() and told.done + told.invalid < count:
                return told, True
    return told, False


def _tell(told: Replayed, *, is_stopped: bool, dry_run: bool, as_json: bool) -> None:
    following = told.last if is_stopped and told.last else None
    if as_json:
        view = {"matching": told.total, "replayed": told.done, "still_invalid": told.invalid, "next": following}
        write_json(_VIEW.dump(view))
        return
    if dry_run or not told.total:
        click.echo(f"{told.total} notification(s) match.")
        return
    click.echo(f"{told.done} of {told.total} wait to be looked at again; {told.invalid} still make no sense.")
    if is_stopped:
        click.echo(f"Stopped; go on with --cursor {following}." if following else "Stopped before anything was done.")
