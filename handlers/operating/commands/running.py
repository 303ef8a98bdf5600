"""`flask work` and `flask check`."""

from collections.abc import Sequence

import click

from handlers.operating import checking
from handlers.operating.commands.service import Service, quiet


def commands(service: Service) -> Sequence[click.Command]:
    """Those that run the service, or say whether it can run."""
    return [_work(service), _check(service)]


def _work(service: Service) -> click.Command:
    @click.command("work")
    def work() -> None:
        """Send what changed to HubSpot; as many of these as you like, one leads."""
        service.work()

    return work


def _check(service: Service) -> click.Command:
    @click.command("check")
    @quiet(service)
    def check() -> None:
        """Check settings, sources, database, and what HubSpot allows; the exit status is 1 if anything is amiss."""
        faults = 0
        for finding in checking.check(service):
            click.echo(f"{finding.about:<8} {finding.text}", err=finding.is_fault)
            faults += finding.is_fault
        click.echo(f"{faults} fault(s)." if faults else "All is well.")
        raise SystemExit(1 if faults else 0)

    return check
