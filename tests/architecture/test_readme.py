"""The README names every setting and command that exists, and none that does not."""

import re
from pathlib import Path

import click
from flask import Flask

from handlers.operating import commands
from schemas.settings import SECRETS

PROJECT = Path(__file__).resolve().parents[2]
README = (PROJECT / "README.md").read_text()
READ = {*re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (PROJECT / "schemas/settings.py").read_text()), *SECRETS}


def test_every_setting_stands_in_the_readme_and_every_one_there_exists():
    assert set(re.findall(r"^\| `([A-Z_]+)`", README, re.MULTILINE)) == READ


def test_every_command_stands_in_the_readme_and_every_one_there_exists():
    app = Flask("commands")
    commands.register(app, None)
    existing = {name for name, command in app.cli.commands.items() if isinstance(command, click.Command)}
    assert set(re.findall(r"^\| `flask ([a-z-]+)`", README, re.MULTILINE)) == existing


def test_every_file_that_the_readme_names_exists():
    for name in re.findall(r"\b((?:deploy|tests|handlers|schemas)/[\w./-]*\w)", README):
        assert (PROJECT / name).exists() or "<" in README.partition(name)[2][:3], name
