"""What a process does by itself from the moment that it starts."""

import math
import time

import pytest
from senders import SOURCES

from app import BESIDE_EACH, create_app
from handlers.configuration import configure
from handlers.platforms import discover

PATIENCE_SECONDS = 10


@pytest.fixture
def marquee(database, tmp_path, monkeypatch):
    """As of a process on that database, with three web processes."""
    (tmp_path / "sources.toml").write_text(SOURCES)
    given = {"SOURCES_FILE": tmp_path / "sources.toml", "HUBSPOT_ACCESS_TOKEN": "none", "WEB_CONCURRENCY": "3"}
    given["DATABASE_URL"] = database.engine.url.render_as_string(hide_password=False)
    for name, value in given.items():
        monkeypatch.setenv(name, str(value))
    made = create_app(configure(discover())).extensions["marquee"]
    yield made
    made.stop()


def test_it_counts_what_waits_before_anybody_looks(marquee):
    marquee.start(carries=False)
    end = time.monotonic() + PATIENCE_SECONDS
    while marquee.counts._kept is None and time.monotonic() < end:
        time.sleep(0.01)
    assert marquee.counts._kept.waiting == {}


def test_the_worker_beside_web_processes_makes_way_for_them(marquee):
    assert marquee.worker().pace.while_arriving == 3 * BESIDE_EACH


def test_the_worker_apart_from_them_need_not(marquee):
    assert marquee.worker(apart=True).pace.while_arriving == math.inf
