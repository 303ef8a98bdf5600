"""Makes batches: no more inputs than allowed, and no marketing event twice in one call."""

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def batches(items: Sequence[T], size: int, object_id: Callable[[T], str]) -> list[list[T]]:
    """The items in their order, at most `size` together; a second one of an `object_id` waits for the next batch.

    HubSpot refuses a whole call that names one object twice.
    """
    made: list[dict[str, T]] = []
    for item in items:
        key = object_id(item)
        room = next((batch for batch in made if len(batch) < size and key not in batch), None)
        if room is None:
            made.append({key: item})
        else:
            room[key] = item
    return [list(batch.values()) for batch in made]
