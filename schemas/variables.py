"""Puts the environment's variables into what a file says: `${NAME}` anywhere in a text stands for that variable."""

import re
from collections.abc import Mapping
from typing import Any

Faults = dict[str, list[str]]
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{")


def expand(value: Any, environ: Mapping[str, str], path: str, faults: Faults) -> Any:
    """The same value with its variables filled in; what is amiss is added to `faults` by the dotted path to it."""
    if isinstance(value, dict):
        return {key: expand(item, environ, f"{path}.{key}", faults) for key, item in value.items()}
    if isinstance(value, list):
        return [expand(item, environ, path, faults) for item in value]
    if not isinstance(value, str):
        return value
    amiss = [_amiss(match[1]) for match in _VARIABLE.finditer(value) if not environ.get(match[1] or "")]
    if amiss:
        faults.setdefault(path, []).extend(amiss)
    return _VARIABLE.sub(lambda match: environ.get(match[1] or "", ""), value)


def _amiss(name: str | None) -> str:
    return f"The variable {name} is not set." if name else "Has a ${ that is not followed by a variable's name and }."
