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
    return json.loads((SAMPLES / platform / "deliveries.json").read_text())["deliveries"]


def answer(platform, name):
    return json.loads((SAMPLES / platform / f"{name}.json").read_text())
