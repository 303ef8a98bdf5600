"""Long work that Ctrl-C stops between two steps, and not within one."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event as Flag
from types import FrameType


@contextmanager
def stoppable() -> Iterator[Flag]:
    """A flag that the first Ctrl-C sets; a second one stops at once. Only for the main thread."""
    flag = Flag()
    before = signal.getsignal(signal.SIGINT)

    def stop(_number: int, _frame: FrameType | None) -> None:
        flag.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, stop)
    try:
        yield flag
    finally:
        signal.signal(signal.SIGINT, before)
