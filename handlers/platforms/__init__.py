"""Who sends: every other file here is a platform, known by its one PLATFORM value."""

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from handlers.platform import Platform


def discover() -> Mapping[str, Platform[Any]]:
    """All platforms by name, found by their files."""
    modules = (import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__))
    return {module.PLATFORM.name: module.PLATFORM for module in modules}
