"""Who may see and do what: keys with roles, read from the settings."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Role = Literal["read", "operate"]
ROLES: tuple[Role, ...] = get_args(Role)
TOKENS = ("OPERATOR_TOKEN", "OPERATOR_TOKENS")
PASSWORDS: Mapping[str, tuple[str, Role]] = {
    "OPERATOR_PASSWORD": ("operator", "operate"),
    "VIEWER_PASSWORD": ("viewer", "read"),
}
ACCESS = (*TOKENS, *PASSWORDS)
LEAST_TOKEN, LEAST_PASSWORD, MOST = 16, 12, 1024
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HEADER = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")
_SPOKEN_FOR = frozenset({"authorization", "cookie", "host", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"})


@dataclass(frozen=True)
class Key:
    """A secret that opens something: whose it is, and what its owner may do."""

    name: str
    role: Role
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Access:
    """The API's tokens; the pages' passwords, whose names are the users; the header in which a proxy says who it is, and as what."""

    tokens: tuple[Key, ...] = ()
    passwords: tuple[Key, ...] = ()
    identity_header: str | None = None
    identity_role: Role = "read"


def access_of(values: Mapping[str, str | None], header: str, role: str) -> Access:
    """What the settings open, by secrets without faults; `role` is what a proxy's users may do."""
    single = values.get("OPERATOR_TOKEN")
    tokens = [Key("operator", "operate", single)] if single else []
    tokens += [key for entry in _entries(values) if (key := _key(entry))]
    passwords = [
        Key(user, may, secret) for setting, (user, may) in PASSWORDS.items() if (secret := values.get(setting))
    ]
    return Access(tuple(tokens), tuple(passwords), header or None, _role(role) or "read")


def access_faults(values: Mapping[str, str | None], header: str, proxies: int) -> list[str]:
    """What is amiss with the secrets by their settings' names and the identity's header; no secret stands in the words."""
    return [*_token_faults(values), *_password_faults(values), *_header_faults(header, proxies)]


def _entries(values: Mapping[str, str | None]) -> list[str]:
    return (values.get("OPERATOR_TOKENS") or "").split()


def _key(entry: str) -> Key | None:
    name, _, rest = entry.partition(":")
    role, _, token = rest.partition(":")
    may = _role(role)
    return Key(name, may, token) if may and token and _NAME.fullmatch(name) else None


def _role(word: str) -> Role | None:
    return next((role for role in ROLES if role == word), None)


def _token_faults(values: Mapping[str, str | None]) -> list[str]:
    keys = {number: _key(entry) for number, entry in enumerate(_entries(values), start=1)}
    faults = [
        f"OPERATOR_TOKENS: Entry {number} is not name:role:token, with the role read or operate."
        for number, key in keys.items()
        if key is None
    ]
    given = [key for key in keys.values() if key]
    single = values.get("OPERATOR_TOKEN")
    if single:
        faults += _length_faults("OPERATOR_TOKEN", single, LEAST_TOKEN)
    for key in given:
        faults += _length_faults(f"OPERATOR_TOKENS: {key.name}", key.secret, LEAST_TOKEN)
    names = [*(["operator"] if single else []), *(key.name for key in given)]
    faults += [f"OPERATOR_TOKENS: {name}: Two tokens have this name." for name in _twice(names)]
    if _twice([*([single] if single else []), *(key.secret for key in given)]):
        faults.append("OPERATOR_TOKENS: Two names have the same token: make one for each.")
    return faults


def _password_faults(values: Mapping[str, str | None]) -> list[str]:
    given = {setting: secret for setting in PASSWORDS if (secret := values.get(setting))}
    faults = [fault for setting, secret in given.items() for fault in _length_faults(setting, secret, LEAST_PASSWORD)]
    if _twice(list(given.values())):
        faults.append("VIEWER_PASSWORD: Is the same as OPERATOR_PASSWORD: whoever may only look could do everything.")
    return faults


def _length_faults(name: str, secret: str, least: int) -> list[str]:
    if len(secret) < least:
        return [f"{name}: Is shorter than {least} characters: it could be guessed."]
    return [f"{name}: Is longer than {MOST} characters."] if len(secret) > MOST else []


def _header_faults(header: str, proxies: int) -> list[str]:
    if not header:
        return []
    if not _HEADER.fullmatch(header) or header.lower() in _SPOKEN_FOR:
        return ["OPERATOR_IDENTITY_HEADER: Not the name of a header for it: such as X-Forwarded-User."]
    if not proxies:
        return [
            "OPERATOR_IDENTITY_HEADER: Is believed only from a proxy: set TRUSTED_PROXIES to how many stand in front."
        ]
    return []


def _twice(values: list[str]) -> list[str]:
    return sorted({value for value in values if values.count(value) > 1})
