"""Compares a source with its platform's list now, and shows how far it is and what it came to."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from secrets import SystemRandom
from typing import TypeVar

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from handlers.errors import InboxUnavailable, InvalidNotification, LookUpFailed
from handlers.forwarding.differing import Difference
from handlers.forwarding.expecting import unlisted
from handlers.forwarding.reconciler import fault_of, put_off
from handlers.forwarding.reconciling import Reconciliation, Roll, Wish
from handlers.forwarding.trouble import Troubled, TurnedAway
from handlers.inbox import reconciliations
from handlers.inbox.database import Database
from handlers.inbox.known import Hints
from handlers.inbox.lease import holder_name
from handlers.inbox.reconciliations import ClaimLost, Result, Run

PATIENCE_SECONDS = 30.0
LOOK_SECONDS = 0.2
AGAIN_SECONDS = 60.0
TRIES = 4
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 120.0
MOST_SHOWN = 500
MOST_TEXT = 60
ABSENT = "not in the list"
T = TypeVar("T")


@dataclass
class Backfill:
    """One run of the command for one source; a worker may run meanwhile, here or elsewhere: it leaves this run alone."""

    database: Database
    roll: Roll
    hints: Hints
    wish: Wish
    console: Console = field(default_factory=lambda: Console(stderr=True))

    def __post_init__(self) -> None:
        """Be somebody of its own among those who compare."""
        self._holder = holder_name()
        self._steps = Reconciliation(
            self.database, self.roll, self.hints, self._holder, self.database.now, SystemRandom().random, self.wish
        )

    @property
    def name(self) -> str:
        """Of the source."""
        return self.roll.source.name

    def run(self, *, restart: bool) -> Result:
        """Go on with the run under way, or begin one, to its end. Raises `click.ClickException` with what to do."""
        run = self._claim(afresh=restart)
        if run.pages:
            click.echo(f"Going on after {run.listed} event(s) that were listed before.", err=True)
        try:
            with _translated(self.name), self._released():
                return self._to_the_end(run)
        except LookUpFailed as error:
            raise click.ClickException(f"{_words(error)} What is done is kept: run it again to go on.") from error
        except InvalidNotification as error:
            raise click.ClickException(f"{self.name}: Its platform's list makes no sense: {error}") from error

    def look(self) -> tuple[Result, list[Difference]]:
        """Compare the whole list and keep nothing. Raises `click.ClickException`."""
        moment = self.database.now()
        run, ended = Run(self.name, moment), False
        differences: list[Difference] = []
        listed: set[str] = set()
        try:
            with _translated(self.name), self._bar() as (progress, task):
                while not ended:
                    found = self._patiently(partial(self._steps.look, run))
                    listed |= found.digests.keys()
                    differences += found.differences
                    run = Run(self.name, moment, found.following)
                    ended = found.following is None
                    progress.update(task, listed=len(listed), differing=len(differences))
                chunks = reconciliations.expected(self.database, self.name)
                missing = unlisted(chunks, lambda one: one.event in listed, moment, self.database.now())
        except (LookUpFailed, InvalidNotification) as error:
            raise click.ClickException(_words(error)) from error
        result = Result(
            len(listed), len(differences), len(missing.events), missing.is_doubtful, self.database.now() - moment
        )
        return result, differences + [Difference(event, {ABSENT: (None, None)}) for event in missing.events]

    def _to_the_end(self, run: Run) -> Result:
        with self._bar() as (progress, task):
            while True:
                progress.update(task, listed=run.listed, differing=run.differing)
                try:
                    done = self._patiently(partial(self._steps.step, run))
                except (LookUpFailed, InvalidNotification) as error:
                    put_off(self.database, self.name, self._holder, error, self.database.now() + AGAIN_SECONDS)
                    raise
                if isinstance(done, Result):
                    return done
                run = done

    def _patiently(self, call: Callable[[], T]) -> T:
        """A platform that cannot answer just now is asked again, if that is soon."""
        failures, breaker = 0, self.roll.guest.lane.breaker
        while True:
            try:
                return call()
            except (Troubled, TurnedAway) as error:
                failures += 1
                wait = max(FIRST_WAIT_SECONDS * 2**failures, breaker.opens_at() - breaker.clock())
                if failures == TRIES or wait > LONGEST_WAIT_SECONDS or _is_about_the_question(error):
                    raise
                time.sleep(wait)

    def _claim(self, *, afresh: bool) -> Run:
        """A worker that is at it has its turn for a page at a time."""
        end = time.monotonic() + PATIENCE_SECONDS
        with _translated(self.name):
            while time.monotonic() < end:
                run = reconciliations.claim(self.database, self.name, self._holder, self.database.now(), afresh=afresh)
                if run is not None:
                    return run
                time.sleep(LOOK_SECONDS)
        raise click.ClickException(f"{self.name} is compared by another process just now: try again in some minutes.")

    @contextmanager
    def _released(self) -> Iterator[None]:
        try:
            yield
        finally:
            reconciliations.release(self.database, self.name, self._holder)

    @contextmanager
    def _bar(self) -> Iterator[tuple[Progress, TaskID]]:
        words = TextColumn("{task.description}: {task.fields[listed]} listed, {task.fields[differing]} differ")
        with Progress(SpinnerColumn(), words, TimeElapsedColumn(), console=self.console) as progress:
            yield progress, progress.add_task(f"Comparing {self.name}", total=None, listed=0, differing=0)


def carry_out(backfill: Backfill, *, dry_run: bool, restart: bool) -> bool:
    """Do it, or with `dry_run` only look, and print what it came to. Returns whether the list was believed.

    Raises `click.ClickException`.
    """
    if dry_run:
        result, differences = backfill.look()
        show(differences, Console())
    else:
        result = backfill.run(restart=restart)
    click.echo(told(result, dry=dry_run))
    return not result.doubted


def show(differences: list[Difference], console: Console) -> None:
    """What differs as a table, as far as anybody would read; texts are shown as they are, never as markup."""
    table = Table("external id", "field", "known", "listed")
    for difference in differences[:MOST_SHOWN]:
        event = difference.event
        for name, (known, listed) in sorted(difference.fields.items()):
            table.add_row(Text(event), Text(name), Text(_shown(known)), Text(_shown(listed)))
            event = ""
    console.print(table)
    if len(differences) > MOST_SHOWN:
        console.print(f"… and {len(differences) - MOST_SHOWN} more.")


def told(result: Result, *, dry: bool) -> str:
    """The counts in one sentence."""
    asked = "would be asked about" if dry else "asked about"
    counts = (
        f"{result.listed} listed, {result.differing} differing, {result.missing} missing, in {result.seconds:.1f} s"
    )
    if result.doubted:
        return (
            f"{counts}. So much is missing that the list is doubted: the missing ones are left alone. See whether the token"
            " may see all; if they are really gone, say --believe."
        )
    return f"{counts}; {result.differing + result.missing} {asked} again."


@contextmanager
def _translated(source: str) -> Iterator[None]:
    try:
        yield
    except ClaimLost as error:
        raise click.ClickException(f"{source} is compared by another process by now, which goes on.") from error
    except InboxUnavailable as error:
        raise click.ClickException(str(error)) from error


def _is_about_the_question(error: Troubled | TurnedAway) -> bool:
    """Whether the platform is well, and would refuse the same again."""
    return isinstance(error, Troubled) and error.trouble.about_event


def _words(error: Exception) -> str:
    detail = f": {error}" if isinstance(error, InvalidNotification) else ""
    return f"Its platform does not tell: {fault_of(error)}{detail}."


def _shown(value: object) -> str:
    text = "–" if value is None else str(value)
    return text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…"
