"""The inbox's disk fails: nothing is acknowledged that is not stored, and all goes on by itself when the cause is gone."""

import json
import os
import shutil
import subprocess

import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from app import create_app
from handlers.errors import FaultySettings, InboxUnavailable
from handlers.inbox import tables

SOURCES = """
[sources.demo]
platform = "generic"
signature = "token"
secrets = ["only-for-this-test"]
account_id = "demo"
"""


class Site:
    """A Marquee, in this process, whose inbox lies on a disk of its own."""

    def __init__(self, environment, disk):
        (disk.parent / "sources.toml").write_text(SOURCES)
        for name, value in {
            "SOURCES_FILE": str(disk.parent / "sources.toml"),
            "DATABASE_URL": f"sqlite:///{disk}/marquee.db",
            "HUBSPOT_ACCESS_TOKEN": "sandbox",
            "WORKER": "off",
        }.items():
            environment.setenv(name, value)
        self.file, self.acknowledged = disk / "marquee.db", 0
        self.app = create_app()
        self.client = self.app.test_client()

    def tell(self, size=10):
        """One notification's answer."""
        body = json.dumps({"id": f"ev-{self.acknowledged}", "eventDescription": "x" * size})
        headers = {"Authorization": "Bearer only-for-this-test", "Content-Type": "application/json"}
        answer = self.client.post("/webhooks/demo", data=body, headers=headers)
        self.acknowledged += answer.status_code == 202
        return answer

    def ready(self):
        return self.client.get("/readyz").status_code == 200

    def stored(self):
        database = self.app.extensions["marquee"].database
        return database.rows(select(func.count()).select_from(tables.notification))[0][0]

    def close(self):
        self.app.extensions["marquee"].stop()


@pytest.fixture
def site(monkeypatch, tmp_path):
    (tmp_path / "disk").mkdir()
    running = Site(monkeypatch, tmp_path / "disk")
    yield running
    running.close()


def is_refused_for_now(answer):
    return (answer.status_code, answer.json["reason"], "Retry-After" in answer.headers) == (
        503,
        "inbox_unavailable",
        True,
    )


def mounted(place, *options):
    done = subprocess.run(["mount", *options, str(place)], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"a disk can be made by root only: {done.stderr.strip()}")


@pytest.fixture
def small_disk(tmp_path):
    """Three megabytes."""
    place = tmp_path / "small"
    place.mkdir()
    mounted(place, "-t", "tmpfs", "-o", "size=3m", "tmpfs")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def on_small_disk(monkeypatch, small_disk):
    running = Site(monkeypatch, small_disk)
    yield running
    running.close()


def fill(place):
    """As many bytes as there is room for."""
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT)
    try:
        while os.write(descriptor, b"x" * 4096):
            pass
    except OSError:
        os.close(descriptor)


def test_a_full_disk_is_refused_for_now_and_all_goes_on_when_there_is_room(on_small_disk, small_disk):
    site, filling = on_small_disk, small_disk / "filling"
    assert site.tell().status_code == 202
    fill(filling)
    answers = [site.tell(200_000) for _ in range(3)]
    assert all(is_refused_for_now(answer) for answer in answers)
    assert site.stored() == site.acknowledged
    filling.unlink()
    assert site.tell().status_code == 202
    assert site.ready()
    assert site.stored() == site.acknowledged == 2


def test_no_start_on_a_read_only_disk(monkeypatch, small_disk):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True, capture_output=True)
    with pytest.raises((InboxUnavailable, FaultySettings), match="cannot be used"):
        Site(monkeypatch, small_disk)


@pytest.mark.parametrize("way", ["removed", "exchanged"])
def test_an_inbox_whose_file_is_not_the_one_that_was_opened_takes_nothing_until_it_is_back(site, tmp_path, way):
    assert site.tell().status_code == 202
    shutil.move(site.file, tmp_path / "aside.db")
    if way == "exchanged":
        shutil.copy(tmp_path / "aside.db", site.file)
    assert is_refused_for_now(site.tell())
    assert not site.ready()
    shutil.move(tmp_path / "aside.db", site.file)
    assert site.tell().status_code == 202
    assert site.ready()
    assert site.stored() == site.acknowledged == 2


def test_a_file_that_was_overwritten_is_refused_and_said_so_in_the_log(site):
    assert site.tell().status_code == 202
    site.app.extensions["marquee"].database.tidy(0)  # all of it is in the file now, and its log is empty
    site.app.extensions["marquee"].database.engine.dispose()
    with site.file.open("r+b") as file:
        file.write(os.urandom(site.file.stat().st_size))
    with capture_logs() as logged:
        assert is_refused_for_now(site.tell())
    assert [one["detail"] for one in logged if one.get("action") == "inbox.unavailable"] == [
        "The database cannot be used: file is not a database."
    ]
    assert not site.ready()
    assert site.acknowledged == 1


def test_no_start_on_a_file_that_is_no_database(monkeypatch, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "marquee.db").write_bytes(b"not a database at all" * 1000)
    with pytest.raises((InboxUnavailable, FaultySettings), match="cannot be used"):
        Site(monkeypatch, tmp_path / "disk")
