"""Numbers, lengths of time and moments as a person says them; pure functions."""

from datetime import UTC, datetime, tzinfo

_LENGTHS = ((86400.0, "day"), (3600.0, "hour"), (60.0, "minute"))


def counted(count: int, one: str, many: str | None = None) -> str:
    """`1 event`, `1,204 events`; `many` where an s at the end will not do."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def length(seconds: float) -> str:
    """How long: `0.4 s`, `12 s`, `5 minutes`, `2 days`."""
    if seconds < 59.5:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    unit, word = next((unit, word) for unit, word in _LENGTHS if seconds + 0.5 >= unit)
    return counted(int((seconds + 0.5) // unit), word)


def moment(at: float, zone: tzinfo | None, now: float) -> str:
    """A clock's time in `zone` (UTC where none is known), with the date unless it is less than a day away."""
    local = datetime.fromtimestamp(at, zone or UTC)
    written = f"{local:%H:%M}" if abs(at - now) < 86400 else f"{local:%Y-%m-%d %H:%M}"
    return f"{written} {zone or 'UTC'}"


def listed(names: list[str], most: int = 3) -> str:
    """`a`, `a and b`, `a, b, c and 4 more`."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def stamp(at: float) -> str:
    """A moment as RFC 3339 says it, in UTC, to the second."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def plain(word: str) -> str:
    """A word that is kept, `not_in_hubspot`, as a person writes it."""
    return word.replace("_", " ").replace("hubspot", "HubSpot")


def capital(text: str) -> str:
    """With a capital at its beginning, and the others where they are."""
    return text[:1].upper() + text[1:]


def clause(sentence: str) -> str:
    """A sentence as a part of another: without its full stop, and without its capital unless a name begins it."""
    text = sentence.removesuffix(".")
    return text if text.startswith("HubSpot") else text[:1].lower() + text[1:]
