"""Where a trace can be held around what is done for notifications, without knowing what keeps traces."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

Around = Callable[[str, Iterable[int]], AbstractContextManager[Any]]
"""Held around a call: its name, and the numbers of the notifications that it is made for."""


def untraced(call: str, notifications: Iterable[int]) -> AbstractContextManager[Any]:
    """Keep no trace."""
    return nullcontext()
