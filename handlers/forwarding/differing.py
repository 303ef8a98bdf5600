"""Whether what a platform lists of an event is what is known of it, and what HubSpot confirmed."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

from handlers.errors import InvalidNotification
from handlers.forwarding.mapper import desired, difference, with_properties
from handlers.forwarding.merging import CANCELLED
from handlers.inbox.queue import State
from handlers.inbox.reconciliations import Newest, Standing
from handlers.platform import Found, Listed, Platform, Skipped, without
from schemas.fields import parse_instant
from schemas.sources import Source

Fields = dict[str, tuple[Any, Any]]
"""By name: what is known or confirmed, and what is listed."""
_UNKNOWN = Standing(waits=False, state=State(), confirmed=None, newest=None, digest=None, run_at=None)


@dataclass(frozen=True)
class Difference:
    """An event about which the platform is to be asked, and the fields (flat) that differ."""

    event: str
    fields: Fields


@dataclass(frozen=True)
class Comparison:
    """What the list says of one event, as a digest, and where that differs."""

    digest: str
    difference: Difference | None = None


@dataclass(frozen=True)
class Comparing:
    """One source's entries compared at `moment` (Unix seconds). `everything`: each public event counts as one that differs."""

    source: Source
    platform: Platform[Any]
    moment: float
    everything: bool = False

    def compare(self, listed: Listed, standing: Standing | None) -> Comparison:
        """One entry and what is known of its event, if anything is.

        Nobody need ask about what waits to be asked about anyway, what nobody has seen yet, and what is over. A
        notification that died does not die again for the same words.
        """
        if isinstance(listed.found, Skipped):
            return Comparison(_digest(["skipped", listed.found.reason]))
        known = standing or _UNKNOWN
        said, fields = self._look(listed.found, known)
        digest = _digest(said)
        same = said == _listable(known.state.fields, said) or digest == known.digest
        left = self._is_to_be_left(listed.found, known) or (same and _is_dead(known.newest) and not self.everything)
        return Comparison(digest, None if left or not fields else Difference(listed.event, fields))

    def _look(self, found: Found, known: Standing) -> tuple[Mapping[str, Any], Fields]:
        """What the entry says, flat, or what is wrong with it; and where that differs."""
        try:
            said = with_properties(found.fields, without(found.event, self.platform.private), self.source)
        except InvalidNotification as error:
            return error.errors, dict.fromkeys(error.errors, (None, None))
        return said, self._differing(said, known)

    def _is_to_be_left(self, found: Found, known: Standing) -> bool:
        public = found.published or found.was_published or known.state.published
        stale = found.version is not None and found.version < known.state.version
        over = is_over(found.fields, self.moment) and (
            not known.state.fields or is_over(known.state.fields, self.moment)
        )
        return known.waits or not public or ((stale or over) and not self.everything)

    def _differing(self, said: Mapping[str, Any], known: Standing) -> Fields:
        had = _listable(known.state.fields, said)
        fields = {name: (had.get(name), said.get(name)) for name in {**had, **said} if had.get(name) != said.get(name)}
        if known.confirmed is not None:
            fields |= self._unconfirmed(said, known.confirmed)
        if self.everything:
            fields = fields or {name: (value, value) for name, value in said.items()}
        return fields

    def _unconfirmed(self, said: Mapping[str, Any], confirmed: Mapping[str, Any]) -> Fields:
        """What HubSpot does not show yet; or where the entry contradicts itself, so that it cannot be sent."""
        try:
            wanted = difference(desired(State(said), self.source), confirmed)
        except InvalidNotification as error:
            return dict.fromkeys(error.errors, (None, None))
        return {name: (confirmed.get(name), value) for name, value in wanted.items()}


def is_over(fields: Mapping[str, Any], moment: float) -> bool:
    """Whether the event ended, or began where it tells no end, before `moment` (Unix seconds)."""
    end = fields.get("endDateTime") or fields.get("startDateTime")
    return end is not None and parse_instant(end).timestamp() < moment


def _listable(had: Mapping[str, Any], said: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is known, but for a cancellation where the list says nothing of any: some platforms tell it only when it happens."""
    return {name: value for name, value in had.items() if name in said or name != CANCELLED}


def _is_dead(newest: Newest | None) -> bool:
    return newest is not None and newest.outcome == "dead"


def _digest(value: Any) -> str:
    words = orjson.dumps(value, option=orjson.OPT_SORT_KEYS, default=str)
    return blake2b(words, digest_size=16).hexdigest()
