"""Finds the marketing event that stands for an event, by the ids under which it was made in HubSpot."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from time import time

from handlers.errors import LookUpFailed
from handlers.forwarding.candidates import Candidate, apps_of, candidates, ids_of, others_accounts, under_account
from handlers.forwarding.hubspot import HubSpot
from handlers.forwarding.outgoing import Reply
from handlers.forwarding.waits import Pause, judge_look_up
from schemas.sources import Source

UNASKABLE = "hubspot_cannot_look_for_id"


@dataclass(frozen=True)
class Linked:
    """Exactly one stands for it."""

    object_id: str


@dataclass(frozen=True)
class NotInHubSpot:
    """None does, by now: HubSpot's index lags by minutes."""


@dataclass(frozen=True)
class WrongAccount:
    """The external id is there by now, but only under externalAccountIds that no source has."""

    account_ids: tuple[str, ...]


@dataclass(frozen=True)
class Ambiguous:
    """Several could, and a guess would overwrite one that is somebody else's."""

    object_ids: tuple[str, ...]


@dataclass(frozen=True)
class Foreign:
    """Only what other apps made could, and the source does not allow to change that."""

    object_ids: tuple[str, ...]
    apps: tuple[str, ...]


@dataclass(frozen=True)
class HubSpotUnavailable:
    """There is no answer, and all calls wait."""

    pause: Pause


Resolution = Linked | NotInHubSpot | WrongAccount | Ambiguous | Foreign | HubSpotUnavailable


class Resolver:
    """Asks HubSpot. It remembers which app it is, as soon as a search has shown one of its own marketing events."""

    def __init__(
        self, hubspot: HubSpot, zone: tzinfo, account_ids: Collection[str], clock: Callable[[], float] = time
    ) -> None:
        """`account_ids` are those of all sources: what stands under another source's is no mistake. `zone`: as in `judge`."""
        self._hubspot = hubspot
        self._zone = zone
        self._account_ids = frozenset(account_ids)
        self._clock = clock
        self._own_app: str | None = None

    def find(self, external_id: str, source: Source) -> Resolution:
        """Ask for this app's own marketing events first, which are known at once, then for those of any app.

        They count where they were made under the source's `account_id`; without one, any does. Those of other apps
        count only with `update_foreign`. Raises `LookUpFailed` for an id that cannot stand in an address of HubSpot's:
        nobody knows then what other apps made.
        """
        searched = self._hubspot.search(external_id)
        if pause := self._pause(searched):
            return HubSpotUnavailable(pause)
        own = candidates(searched, external_id)
        self._own_app = next((one.app_id for one in own if one.app_id), self._own_app)
        if mine := under_account(own, source.account_id):
            return _only(mine)
        if external_id in (".", ".."):  # steps in a path, however they are written
            raise LookUpFailed(UNASKABLE)
        listed = self._hubspot.identifiers(external_id)
        if pause := self._pause(listed):
            # The search was answered below the same root: so this is about the id, and must not hold up all others.
            if listed.status in (400, 404):
                raise LookUpFailed(UNASKABLE)
            return HubSpotUnavailable(pause)
        return self._of_any_app(own, candidates(listed, external_id), source)

    def _of_any_app(self, own: Sequence[Candidate], found: Sequence[Candidate], source: Source) -> Resolution:
        mine = under_account(found, source.account_id)
        by_this_app = [one for one in mine if self._own_app and one.app_id == self._own_app]
        if by_this_app or (mine and source.update_foreign):
            return _only(by_this_app or mine)
        if mine:
            return Foreign(ids_of(mine), apps_of(mine))
        strange = others_accounts([*own, *found], self._account_ids)
        return WrongAccount(strange) if strange else NotInHubSpot()

    def _pause(self, reply: Reply) -> Pause | None:
        return judge_look_up(reply, self._clock(), self._zone)


def _only(mine: Sequence[Candidate]) -> Linked | Ambiguous:
    ids = ids_of(mine)
    return Linked(ids[0]) if len(ids) == 1 else Ambiguous(ids)
