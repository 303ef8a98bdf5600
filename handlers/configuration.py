"""Reads everything that is configured, and reports every fault of it together."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from handlers.errors import FaultySettings
from handlers.platform import Platform
from schemas.settings import PROJECT, Settings, SettingsError, read_settings
from schemas.sources import Source, SourceSchema, SourcesError, read_sources
from schemas.variables import Variables


@dataclass(frozen=True)
class Configuration:
    """The settings, and the sources by name."""

    settings: Settings
    sources: Mapping[str, Source]


def configure(platforms: Mapping[str, Platform[Any]]) -> Configuration:
    """What the environment and the sources' file say. Raises `FaultySettings` naming each fault's file, source and key."""
    faults: list[str] = []
    settings, sources = None, None
    try:
        settings = read_settings()
    except SettingsError as error:
        faults += error.faults
    try:
        sources = _read_file(settings, platforms)
    except FaultySettings as error:
        faults += error.faults
    if settings is None or sources is None:
        raise FaultySettings(faults)
    return Configuration(settings, sources)


def _read_file(settings: Settings | None, platforms: Mapping[str, Platform[Any]]) -> Mapping[str, Source]:
    place = settings.sources_file if settings else PROJECT / os.environ.get("SOURCES_FILE", "sources.toml")
    try:
        tables = tomllib.loads(place.read_text(encoding="utf-8"))
    except OSError as error:
        raise FaultySettings(
            [f"SOURCES_FILE: {place.name} cannot be read ({error.strerror}): name the file of your sources."]
        ) from error
    except ValueError as error:
        raise FaultySettings([f"{place.name}: Not TOML: {error}"]) from error
    schemas = {name: platform.settings for name, platform in platforms.items()}
    try:
        return _sources(tables, schemas)
    except SourcesError as error:
        raise FaultySettings([f"{place.name}: {fault}" for fault in error.faults]) from error


def _sources(tables: dict[str, Any], schemas: Mapping[str, type[SourceSchema]]) -> Mapping[str, Source]:
    strangers = [f"{key}: Unknown key: a source stands under [sources.<name>]." for key in tables if key != "sources"]
    if strangers:
        raise SourcesError(strangers)
    return read_sources(tables.get("sources"), Variables(), schemas)
