"""The recorded samples of each platform: `source.toml`, `deliveries.json`, and answers of its API."""

import json
import tomllib
from pathlib import Path

from handlers.platforms import discover
from schemas.sources import read_sources

SAMPLES = Path(__file__).with_name("samples")
PLATFORMS = discover()


def table(platform, **changes):
    return tomllib.loads((SAMPLES / platform / "source.toml").read_text()) | changes


def source(platform, **changes):
    settings = {name: found.settings for name, found in PLATFORMS.items()}
    return read_sources({"it": table(platform, **changes)}, {}, settings)["it"]


def deliveries(platform):
    file = SAMPLES / platform / "deliveries.json"
    return json.loads(file.read_text())["deliveries"] if file.exists() else []


def answer(platform, name):
    return json.loads((SAMPLES / platform / f"{name}.json").read_text())


def cases(platform):
    """What the platform tells of an event's fate, each as it says it, and why it does not tell the rest."""
    file = SAMPLES / platform / "cases.json"
    return json.loads(file.read_text()) if file.exists() else {"told": [], "untold": {}}


def answers(platform, case):
    """The answers of a platform's API that a case names, as (path, status, body)."""
    return [(one["path"], one.get("status", 200), _body(platform, one)) for one in case["answers"]]


def _body(platform, one):
    body = answer(platform, one["file"].removesuffix(".json")) if "file" in one else one.get("body", {})
    for place, value in one.get("changes", {}).items():
        *above, last = place.split(".")
        inner = body
        for name in above:
            inner = inner[name]
        inner[last] = value
    return body
