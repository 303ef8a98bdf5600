"""The faults that are switched on, and which calls meet them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from flask import Response

from deploy.sandbox.settings import Mistake, fits

Fault = Mapping[str, Any]


def _every(_fault: Fault, _inputs: Sequence[Any]) -> bool:
    return True


@dataclass(frozen=True)
class Kind:
    """How a kind of fault shows.

    `before` comes before the call is carried out: it may answer in its place, or raise. `after` may change the answer of a
    call that was carried out. `parameters`: their defaults; several values stand for a choice, None for a number or
    text that may be absent. `path`: the calls that it concerns, unless told otherwise. `meets`: what such a call must
    hold besides. `ends`: later faults are not met.
    """

    before: Callable[[Fault], Response | None] | None = None
    after: Callable[[Fault, Response], Response] | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    path: str = ""
    meets: Callable[[Fault, Sequence[Any]], bool] = _every
    ends: bool = True


class Faults:
    """Those that are switched on, in the order in which they were."""

    def __init__(self, kinds: Mapping[str, Kind], lock: RLock) -> None:
        self._kinds = kinds
        self._lock = lock
        self._active: list[dict[str, Any]] = []

    def add(self, fault: Mapping[str, Any]) -> None:
        """Switch one on: its `kind`, `times` (None: until cleared), `path` (a part of it), and what the kind takes.

        Raises `Mistake`.
        """
        given = dict(fault)
        kind, times, path = (given.pop(name, None) for name in ("kind", "times", "path"))
        if not isinstance(kind, str) or kind not in self._kinds:
            raise Mistake(f"No such fault: choose one of {', '.join(self._kinds)}.")
        if times is not None and (not fits(times, 1) or times < 1):
            raise Mistake("times must be a whole number from 1, or null: until cleared.")
        path = self._kinds[kind].path if path is None else path
        if not isinstance(path, str):
            raise Mistake("path must be a part of a path.")
        parameters = _complete(kind, self._kinds[kind].parameters, given)
        with self._lock:
            self._active.append({"kind": kind, "times": times, "path": path, **parameters})

    def clear(self, kind: str | None = None) -> None:
        """Switch off those of one kind, or all."""
        with self._lock:
            self._active = [fault for fault in self._active if kind not in (None, fault["kind"])]

    def active(self) -> list[dict[str, Any]]:
        """Those that are switched on; `times` tells for how many more calls."""
        with self._lock:
            return [dict(fault) for fault in self._active]

    def meet(self, path: str, inputs: Sequence[Any]) -> list[Fault]:
        """The faults that a call meets: each counts down."""
        met: list[Fault] = []
        with self._lock:
            for fault in list(self._active):
                kind = self._kinds[fault["kind"]]
                if fault["path"] not in path or not kind.meets(fault, inputs):
                    continue
                self._count_down(fault)
                met.append(fault)
                if kind.ends:
                    break
        return met

    def _count_down(self, fault: dict[str, Any]) -> None:
        if fault["times"] is not None:
            fault["times"] -= 1
            if fault["times"] == 0:
                self._active = [each for each in self._active if each is not fault]


def _complete(kind: str, known: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    for name, value in given.items():
        if name not in known:
            raise Mistake(f"{kind} takes no {name}: {', '.join(known) or 'nothing'}.")
        if not _fits(value, known[name]):
            raise Mistake(f"{name} cannot be {value!r}.")
    defaults = {name: default[0] if isinstance(default, tuple) else default for name, default in known.items()}
    return {**defaults, **given}


def _fits(value: Any, known: Any) -> bool:
    if isinstance(known, tuple):
        return value in known
    return value is None or fits(value, 0.0) or fits(value, "") if known is None else fits(value, known)
