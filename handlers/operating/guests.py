"""One thread that many pieces of work share: each steps aside while it waits, and goes on once it was called."""

import math
import time
from collections import deque
from collections.abc import Callable

from greenlet import getcurrent

from handlers.waiting import Guest, Wait

MOST_IDLE = 64


class Aside:
    """The wait of a guest of the loop."""

    def __init__(self, guest: Guest, loop: "Loop") -> None:
        self.guest = guest
        self._loop = loop
        self.is_called = False

    def wait(self, seconds: float) -> bool:
        """Whether it was called within so many seconds, or about one more."""
        if not self.is_called:
            self._loop.step_aside(self, seconds)
        return self.is_called

    def call(self) -> None:
        """End the wait, from whichever thread."""
        self.is_called = True
        self._loop.wake(self)

    def soon(self, work: Callable[[], object]) -> None:
        """Do it when all guests that are here wait, too."""
        self._loop.at_rest.append(work)


class Loop:
    """Its methods are for the thread that made it, and `wake` for all: `tell` gets what it is given called in that thread."""

    def __init__(
        self, tell: Callable[[Callable[[], object]], object], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._hub = getcurrent()
        self._tell = tell
        self._clock = clock
        self._waiting: dict[Aside, float] = {}  # until when
        self._woken: deque[Aside] = deque()
        self._idle: list[Guest] = []
        self._is_told = False
        self.at_rest: list[Callable[[], object]] = []

    def start(self, work: Callable[[], object]) -> None:
        """Begin it, and return when it steps aside or has ended; but work that is started by a guest comes after that one."""
        guest = self._idle.pop() if self._idle else Guest(self._hub, self.wait_of, self._keep)
        guest.work = work
        first = Aside(guest, self)
        self._waiting[first] = math.inf
        self._woken.append(first)
        if getcurrent() is self._hub:
            self.go_on()

    def wait_of(self, guest: Guest) -> Wait:
        """A wait for a guest."""
        return Aside(guest, self)

    def step_aside(self, wait: Aside, seconds: float) -> None:
        """For the wait's guest: return once woken, or when so many seconds are over."""
        self._waiting[wait] = self._clock() + seconds
        self._hub.switch()

    def wake(self, wait: Aside) -> None:
        """Let its guest go on soon."""
        self._woken.append(wait)
        if not self._is_told:
            self._is_told = True
            self._tell(self.go_on)

    def resume(self, wait: Aside) -> None:
        """Let its guest go on now."""
        wait.is_called = True
        self._woken.append(wait)
        self.go_on()

    def go_on(self) -> None:
        """Let all go on that were woken."""
        self._is_told = False  # before any goes on: who is woken from here on tells again
        while self._woken:
            wait = self._woken.popleft()
            if self._waiting.pop(wait, None) is not None:
                wait.guest.switch()

    def give_up(self) -> None:
        """Let those go on whose time is over."""
        now = self._clock()
        self._woken.extend(wait for wait, until in self._waiting.items() if until <= now)
        self.go_on()

    def rest(self) -> None:
        """All guests wait: do what they left to be done then."""
        work, self.at_rest = self.at_rest, []
        for one in work:
            one()

    def _keep(self, guest: Guest) -> bool:
        """For a guest that has done its work: return when there is more, and that is true; false where enough others are idle."""
        if len(self._idle) >= MOST_IDLE:
            return False
        self._idle.append(guest)
        self._hub.switch()
        return True
