"""One JSON object a line on stdout, from the service and the libraries alike; never a local variable's value."""

import json
import logging
import sys
from typing import Any

import orjson
import structlog
from gunicorn.config import Config
from gunicorn.glogging import Logger
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor

from handlers.operating.outlet import Outlet


def _name_event(_logger: Any, _name: str, entry: EventDict) -> EventDict:
    """In the log `event` is the event that the line is `about`; the words are its `message`."""
    entry["message"] = entry.pop("event", "")
    if "about" in entry:
        entry["event"] = entry.pop("about")
    return entry


_SHARED: list[Processor] = [
    _name_event,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

_TRACEBACKS = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))


def configure(log_format: str = "json", level: str = "INFO", *more: Processor) -> None:
    """Log from now on at `level`, as `json` or as `text` for people; `more` may add to each line."""
    number = severity(level)
    structlog.configure(
        processors=[*_SHARED, *more, *_last(log_format)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.BytesLoggerFactory(Outlet(sys.stdout.buffer)),  # type: ignore[arg-type]
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    last = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_last(log_format), _as_text]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processors=last, foreign_pre_chain=[*_SHARED, *more, _name])
    )
    logging.basicConfig(handlers=[handler], level=max(number, logging.INFO), force=True)
    for noisy in ("alembic", "werkzeug", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def severity(level: str) -> int:
    """The number of a level's name: the greater the worse."""
    return logging.getLevelNamesMapping()[level]


_MALFORMED = "Invalid request from"
_UNHANDLED = "Error handling request"


class GunicornLogger(Logger):  # type: ignore[misc]
    """gunicorn's own lines go the way of all others."""

    def setup(self, cfg: Config) -> None:
        """Leave the handlers and the level to `configure`."""
        self.error_log.propagate = True
        self.error_log.setLevel(logging.NOTSET)

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """A malformed request is told without its own words: an address may hold a secret."""
        told = msg.partition(": ")[0] if msg.startswith(_MALFORMED) else msg
        super().warning(told, *args, **kwargs)

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Likewise of a request that gunicorn itself could not handle."""
        if msg.startswith(_UNHANDLED):
            msg, args = _UNHANDLED, ()
        super().exception(msg, *args, **kwargs)


def _last(log_format: str) -> list[Processor]:
    return [_TRACEBACKS, _json] if log_format == "json" else [structlog.processors.format_exc_info, _text]


def _json(_logger: Any, _name: str, entry: EventDict) -> bytes:
    try:
        line = orjson.dumps(entry, default=repr)
    except TypeError:  # half a pair of code units, or a number over 64 bits: nothing that is told may go untold
        return json.dumps(entry, default=repr).encode()
    # JSON may hold what a terminal obeys, takes for the end of a line, or turns its direction at (RFC 8259, 7).
    return line if line.decode().isprintable() else json.dumps(orjson.loads(line)).encode()


def _text(_logger: Any, _name: str, entry: EventDict) -> bytes:
    """For people: values as Python writes them, so that none can break the line; what follows a line is set in."""
    head = f"{entry.pop('timestamp', '')} {entry.pop('level', ''):<8} {entry.pop('message', '')!s}"
    trace = entry.pop("exception", None) or ""
    rest = " ".join(f"{name}={value!r}" for name, value in entry.items() if value is not None)
    lines = [f"{ascii(head)[1:-1]}  {rest}", *(f"  {_printable(line)}" for line in trace.splitlines())]
    return "\n".join(lines).encode("utf-8", "replace")


def _printable(text: str) -> str:
    return text if text.isprintable() else "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def _as_text(_logger: Any, _name: str, line: Any) -> str:
    return bytes(line).decode()


def _name(_logger: Any, _name: str, entry: EventDict) -> EventDict:
    entry["logger"] = entry["_record"].name
    return entry
