"""Puts the environment's variables into what a file says: `${NAME}` anywhere in a text stands for that variable.

Where only `NAME_FILE` is set, what stands in the file that it names: secrets are often mounted so.
"""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Faults = dict[str, list[str]]
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{")


class Variables(Mapping[str, str]):
    """This process's variables by name; one that is missing is read from the file that its `_FILE` names."""

    def __getitem__(self, name: str) -> str:
        value = os.environ.get(name)
        if value:
            return value
        try:
            return Path(os.environ[f"{name}_FILE"]).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            raise KeyError(name) from error

    def __iter__(self) -> Iterator[str]:
        return iter(os.environ)

    def __len__(self) -> int:
        return len(os.environ)


def expand(value: Any, environ: Mapping[str, str], path: str, faults: Faults) -> Any:
    """The same value with its variables filled in; what is amiss is added to `faults` by the dotted path to it."""
    if isinstance(value, dict):
        return {key: expand(item, environ, f"{path}.{key}", faults) for key, item in value.items()}
    if isinstance(value, list):
        return [expand(item, environ, path, faults) for item in value]
    if not isinstance(value, str):
        return value
    amiss = [_amiss(match[1], environ) for match in _VARIABLE.finditer(value) if not environ.get(match[1] or "")]
    if amiss:
        faults.setdefault(path, []).extend(amiss)
    return _VARIABLE.sub(lambda match: environ.get(match[1] or "", ""), value)


def _amiss(name: str | None, environ: Mapping[str, str]) -> str:
    if not name:
        return "Has a ${ that is not followed by a variable's name and }."
    if environ.get(f"{name}_FILE"):
        return f"The variable {name}_FILE names no text file that can be read and holds something."
    return f"The variable {name} is not set."
