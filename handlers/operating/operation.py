"""One operation of the API as data: the route, the refusals and the description all come from it, and cannot differ."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema

from handlers.inbox.audit import Operator
from handlers.inbox.counts import Tally
from handlers.inbox.database import Database
from handlers.operating.acting import Actions
from schemas.sources import Source


@dataclass(frozen=True)
class Desk:
    """What the operations work on. `tally` tells what waits and what is dead."""

    database: Database
    sources: Mapping[str, Source]
    actions: Actions
    tally: Callable[[], Tally]


@dataclass(frozen=True)
class Given:
    """What a request says, as its schemas read it, and who makes it."""

    path: Mapping[str, Any]
    query: dict[str, Any]
    body: dict[str, Any]
    by: Operator


@dataclass(frozen=True)
class Operation:
    """`path` is as in OpenAPI: `{number}`, `{source}`, and `{external_id}`, which may hold slashes.

    `act` returns what `answer` writes; `refusals` tell by status what else may be answered.
    """

    method: str
    path: str
    summary: str
    act: Callable[[Desk, Given], Any]
    answer: Schema
    query: Schema | None = None
    body: Schema | None = None
    refusals: Mapping[int, str] = field(default_factory=dict)
