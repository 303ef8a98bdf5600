"""The errors that cross rooms. Each says what is wrong in words that an operator can act on."""

from collections.abc import Mapping, Sequence
from typing import Any

FieldErrors = Mapping[str, Any]


class InvalidNotification(ValueError):
    """Authentic, but not a notification of this platform. `errors` maps each field to what is wrong with it."""

    def __init__(self, errors: FieldErrors) -> None:
        super().__init__("; ".join(f"{field}: {problem}" for field, problem in errors.items()))
        self.errors = errors


class Refusal(Exception):
    """The door refuses a request. `reason` is the machine-readable word of the answer, the log and the metric.

    `headers` are what the answer has besides.
    """

    headers: Mapping[str, str] = {}

    def __init__(self, status: int, reason: str, detail: str, errors: FieldErrors | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.reason = reason
        self.detail = detail
        self.errors = errors


class LookUpFailed(Exception):
    """The platform gave no usable answer about an event, for `reason`; the event is looked up again later."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class InboxUnavailable(Exception):
    """The inbox could not store or read; nothing was acknowledged."""


class FaultySettings(SystemExit):
    """The settings cannot be used. `faults` lists every one, each naming where it stands and how to mend it.

    Uncaught, it ends the process with that list and status 1, without a traceback.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(["Marquee cannot start:", *(f"  {fault}" for fault in faults)]))
        self.faults = tuple(faults)
