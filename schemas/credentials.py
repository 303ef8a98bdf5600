"""How Marquee may be let into HubSpot: by a static token, or by OAuth 2.0 and what that needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.fernet import Fernet

OAUTH = ("HUBSPOT_CLIENT_ID", "HUBSPOT_CLIENT_SECRET", "HUBSPOT_REFRESH_TOKEN")
KEY = "ENCRYPTION_KEY"
_MAKE_KEY = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'


@dataclass(frozen=True)
class App:
    """An app that HubSpot knows, the refresh token that it was given, and the key that seals what comes of it."""

    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    encryption_key: str = field(repr=False)


def app_of(values: Mapping[str, str | None]) -> App | None:
    """The app, where the secrets by their settings' names are all that OAuth needs."""
    client_id, client_secret, refresh_token, key = (values.get(name) for name in (*OAUTH, KEY))
    if client_id and client_secret and refresh_token and key:
        return App(client_id, client_secret, refresh_token, key)
    return None


def credential_faults(values: Mapping[str, str | None], *, sends: bool) -> list[str]:
    """What is amiss with the secrets by their settings' names; `sends`: whether this process calls HubSpot."""
    static = values.get("HUBSPOT_ACCESS_TOKEN")
    given = [name for name in OAUTH if values.get(name)]
    faults = [f"{name}: Is not set: OAuth needs {', '.join(OAUTH)}." for name in OAUTH if given and name not in given]
    if static and given:
        faults.append(f"HUBSPOT_ACCESS_TOKEN: Is set beside {given[0]}: give a static token or OAuth's, not both.")
    if sends and not static and not given:
        faults.append(
            "HUBSPOT_ACCESS_TOKEN: Is not set: give a token, or what OAuth needs "
            f"({', '.join(OAUTH)}), or WORKER=off where nothing is to be sent."
        )
    return faults + _key_faults(values.get(KEY), needed=bool(given))


def _key_faults(key: str | None, *, needed: bool) -> list[str]:
    if not key:
        return [f"{KEY}: Is not set, and OAuth's tokens are kept encrypted: make one by {_MAKE_KEY}"] * needed
    try:
        Fernet(key)
    except ValueError:
        return [f"{KEY}: Not a key of Fernet: make one by {_MAKE_KEY}"]
    return []
