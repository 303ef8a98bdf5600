"""What members of JSON, and parameters of addresses, are called that hold something of a person, or that opens something."""

import re
from collections.abc import Sequence

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Whatever is below such a member is about somebody.
_PERSONS = _set(
    "attendee attendees buyer buyers customer customers contact contacts user users person persons people participant"
    " participants registrant registrants panelist panelists speaker speakers host hosts guest guests invitee invitees"
    " recipient recipients owner creator member members payer cardholder billing shipping purchaser holder ticketholder"
    " answers responses registration profile presenter presenters moderator moderators interpreters subscriber"
)
_ABOUT_PERSONS = _set(
    "email emails mail phone phones mobile telephone tel fax firstname lastname surname fullname username nickname"
    " birthday birthdate birth dob gender ssn passport iban bic ip cookie avatar"
)
_SECRET = _set(
    "password passcode passphrase secret secrets token tokens signature sig authorization apikey credential credentials"
    " pin cvv session jwt otp bearer"
)
_PARTS_OF_NAMES = _set("first last given family middle sur full user nick maiden display")
_KEYS = _set("api access private secret stream host client auth registrant organizer creator")
_LINKS = _set("join start host meeting personal webinar checkin unsubscribe download cancel confirm")


def words_of(name: str) -> list[str]:
    """The words of a member's name, in small letters, whether they are joined by capitals or by anything else."""
    return [word.lower() for word in _WORD.findall(name)]


def is_private(words: Sequence[str]) -> bool:
    """Whether a member called so is not to be shown; how many there are of something is."""
    parts = set(words)
    joined = "".join(words)
    if parts & (_PERSONS | _ABOUT_PERSONS | _SECRET) or joined in _PERSONS | _ABOUT_PERSONS | _SECRET:
        return not parts & {"count", "counts", "total", "capacity", "max", "min"}
    if "name" in parts and parts & _PARTS_OF_NAMES:
        return True
    if "key" in parts and parts & _KEYS:
        return True
    if parts & {"url", "link", "uri"} and parts & _LINKS:
        return True
    return bool(words) and words[-1] == "by"
