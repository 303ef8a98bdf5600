"""A part of a list whose order is that of ids, newest first: what comes or goes meanwhile shifts nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """`next` is where the list goes on: the following page holds smaller ids. None: that was the last."""

    items: tuple[T, ...]
    next: int | None


def page_of(rows: Sequence[Any], limit: int, make: Callable[[Any], T]) -> Page[T]:
    """The page of up to `limit` rows, of which one more was asked for than is shown."""
    following = rows[limit - 1].id if len(rows) > limit else None
    return Page(tuple(make(row) for row in rows[:limit]), following)
