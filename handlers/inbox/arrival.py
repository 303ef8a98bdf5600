"""What the door hands to the inbox, and what it gets back."""

from dataclasses import dataclass

from handlers.errors import FieldErrors


@dataclass(frozen=True)
class Arrival:
    """One authentic webhook. `errors` by field say why it is refused, and make it dead.

    `received_at` is Unix seconds, UTC; None where that is the moment when it is stored, by the database's clock.
    `trace` is the `traceparent` of what brought it, where traces are kept.
    """

    source: str
    body: bytes
    received_at: float | None = None
    action: str | None = None
    event: str | None = None
    delivery_id: str | None = None
    errors: FieldErrors | None = None
    trace: str | None = None


@dataclass(frozen=True)
class Receipt:
    """The stored notification's id, or for a duplicate the id of the first that came with its delivery id."""

    notification: str
    duplicate: bool
