"""The operator's commands, by theme."""

from flask import Flask

from handlers.operating.commands import (
    links,
    platforms,
    reading,
    recovery,
    removing,
    replaying,
    running,
    sending,
    standing,
)
from handlers.operating.commands.service import Service

_THEMES = (running, standing, reading, replaying, sending, links, platforms, recovery, removing)


def register(app: Flask, service: Service) -> None:
    """Add the commands to `flask`."""
    for theme in _THEMES:
        for command in theme.commands(service):
            app.cli.add_command(command)
