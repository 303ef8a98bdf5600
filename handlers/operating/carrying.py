"""Which of gunicorn's processes carries the worker: one that serves nobody.

In a process that also serves, whoever asks and the worker would wait for each other's turn with the interpreter.
"""

from collections.abc import Iterable
from typing import Any

_YOUNG = 2**32


class Carriage:
    """What gunicorn's arbiter knows of it, anew whenever it reads its settings: one process at a time carries.

    Told to have fewer processes, an arbiter ends the oldest: never this one, which nobody would replace.
    """

    def __init__(self) -> None:
        """Nobody carries yet."""
        self._age: int | None = None

    def offer(self, process: Any) -> None:
        """To be called before a process is forked: it carries if no other does."""
        process.carries = self._age is None
        if process.carries:
            process.age += _YOUNG
            self._age = process.age

    def ended(self, process: Any) -> None:
        """The next one to be forked carries if this one did."""
        if process.age == self._age:
            self._age = None


def make_way(processes: Iterable[Any]) -> None:
    """Those that were forked before the settings were read anew are ended in the order in which they came."""
    for process in processes:
        process.age %= _YOUNG
