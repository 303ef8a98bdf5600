"""Switches traces on where they are wanted, without a need for their packages where they are not."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from handlers.operating.traces import Traces

PACKAGES = "opentelemetry"
_log = structlog.get_logger()


def start(endpoint: str | None) -> Traces | None:
    """What keeps traces and tells them to the collector at `endpoint`; None without one, or without the packages.

    The service starts all the same then, and the log says what is missing.
    """
    if endpoint is None:
        return None
    try:
        traces: Traces = import_module("handlers.operating.traces").exporting()
    except ModuleNotFoundError as error:
        if not str(error.name).startswith(PACKAGES):
            raise
        _log.warning(
            "traces are off, for their packages are missing: pip install -r deploy/requirements-traces.txt",
            action="traces.missing",
            missing=error.name,
        )
        return None
    return traces
