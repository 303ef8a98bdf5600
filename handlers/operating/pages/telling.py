"""What a person must enter at the platform so that it sends here; never a secret itself."""

from typing import Any

import orjson

from handlers.platform import Platform
from handlers.signatures import Basic, Hmac, PathToken, Scheme, StandardWebhooks, Token
from schemas.sources import Source

SECRET = "<secret>"  # noqa: S105 - stands for it # nosec B105


def address(root: str, source: Source, platform: Platform[Any]) -> str:
    """The webhook's address below `root`, with `<secret>` in the place of one that is part of it."""
    kinds = [type(scheme) for scheme in platform.schemes(source)]
    path = f"webhooks/{source.name}"
    if all(kind is PathToken for kind in kinds):
        return f"{root}{path}/{SECRET}"
    if kinds[0] is Basic:
        scheme, _, rest = root.partition("://")
        return f"{scheme}://any:{SECRET}@{rest}{path}"
    return root + path


def proof(source: Source, platform: Platform[Any]) -> list[str]:
    """How a webhook may prove that it is this source's: any one of these will do."""
    return [_words(scheme) for scheme in platform.schemes(source)]


def sample(source: Source, platform: Platform[Any]) -> str:
    """The body of a notification as the platform would send it, laid out to be read."""
    body = platform.sample(source, 1, 1).body
    try:
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace")


def _words(scheme: Scheme) -> str:
    match scheme:
        case StandardWebhooks():
            return "a Standard Webhooks signature"
        case Hmac(header):
            return f"a signature in the header {header}"
        case Token(header, parameter):
            return f"the secret in the header {header}" + (f", or in ?{parameter}=" if parameter else "")
        case Basic():
            return "the secret as the password, with any user name"
        case PathToken():
            return "the secret as the end of the address"
