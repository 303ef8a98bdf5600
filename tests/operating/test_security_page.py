"""What `deploy/SECURITY.md` tells is all there is: each table, each secret, each host, and tests that exist."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from handlers.inbox import tables
from handlers.platforms import discover
from schemas.settings import SECRETS
from schemas.sources import Source

discover()
PROJECT = Path(__file__).resolve().parents[2]
PAGE = (PROJECT / "deploy" / "SECURITY.md").read_text()
PARTS = {part.partition("\n")[0]: part for part in PAGE.split("\n## ")}


def named(part):
    return set(re.findall(r"`([^`]+)`", PARTS[part]))


def hidden(kind=Source):
    """The settings of all platforms' sources that are kept out of what is shown."""
    own = {one.name for one in fields(kind) if not one.repr}
    return own.union(*map(hidden, kind.__subclasses__()))


def test_each_table_stands_there_with_how_long_its_rows_are_kept():
    assert set(tables.metadata.tables) <= named("What is stored, and how long")


@pytest.mark.parametrize("secret", sorted({*SECRETS, "DATABASE_URL", *hidden()}))
def test_each_secret_stands_there_with_what_it_opens(secret):
    assert secret in named("What each secret opens")


@pytest.mark.parametrize("setting", ["HUBSPOT_BASE_URL", "api_url", "token_url", "ALERT_WEBHOOK_URL", "DATABASE_URL"])
def test_each_setting_that_names_a_host_stands_there_with_what_that_is_told(setting):
    assert setting in named("What is called")


@pytest.mark.parametrize("file", sorted(named("Attacks and faults that are tested")))
def test_each_test_that_it_names_exists(file):
    assert (PROJECT / file).is_file()
