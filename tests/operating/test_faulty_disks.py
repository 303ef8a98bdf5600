"""The inbox's disk fails: nothing is acknowledged that is not stored, and all goes on by itself when the cause is gone."""

import json
import os
import shutil
import subprocess
from contextlib import closing, contextmanager

import pytest
from running import wait_until
from sqlalchemy import event, func, select
from structlog.testing import capture_logs

from app import create_app
from handlers.errors import FaultySettings, InboxUnavailable
from handlers.inbox import tables
from handlers.inbox.sqlite import newest_sqlite

SOURCES = """
[sources.demo]
platform = "generic"
signature = "token"
secrets = ["only-for-this-test"]
account_id = "demo"
"""


class Site:
    """A Marquee, in this process, whose inbox lies on a disk of its own, or at `url`."""

    def __init__(self, environment, disk, url=None):
        (disk.parent / "sources.toml").write_text(SOURCES)
        for name, value in {
            "SOURCES_FILE": str(disk.parent / "sources.toml"),
            "DATABASE_URL": url or f"sqlite:///{disk}/marquee.db",
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

    def written_back(self):
        """The file's bytes, once all of it is in the file, its log is empty, and nothing of it is in memory."""
        engine = self.app.extensions["marquee"].database.engine
        with closing(engine.raw_connection()) as connection:
            wait_until(lambda: connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0, "")
        engine.dispose()
        return self.file.read_bytes()

    def close(self):
        self.app.extensions["marquee"].stop()


@pytest.fixture
def site(monkeypatch, tmp_path):
    (tmp_path / "disk").mkdir()
    running = Site(monkeypatch, tmp_path / "disk")
    yield running
    running.close()


def is_refused_for_now(answer):
    return (answer.status_code, answer.json.get("reason"), "Retry-After" in answer.headers) == (
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
    wait_until(lambda: is_refused_for_now(site.tell()) and not site.ready(), "not even little has room", 10)
    assert site.stored() == site.acknowledged
    filling.unlink()
    assert site.ready()
    assert site.tell().status_code == 202
    assert site.ready()
    assert site.stored() == site.acknowledged


class ReadOnlyDisk:
    """As SQLite finds one: what it had open fails to be written, and what it opens is for reading only.

    https://sqlite.org/c3ref/open.html: "reading only if the file is write protected by the operating system". (To make a
    disk read-only while files on it are open for writing is refused by Linux, but for one that is failing.)
    """

    def __init__(self, site):
        self._engine, self._is_there = site.app.extensions["marquee"].database.engine, False
        event.listen(self._engine, "do_connect", self._open)

    def __enter__(self):
        self._is_there = True
        self._engine.dispose()

    def __exit__(self, *_):
        self._is_there = False

    def _open(self, _dialect, _record, args, settings):
        (file,) = args
        return newest_sqlite().connect(f"file:{file}?mode=ro", uri=True, **settings) if self._is_there else None


def test_a_disk_that_becomes_read_only_is_refused_for_now_and_all_goes_on_when_it_can_be_written(site):
    assert site.tell().status_code == 202
    with ReadOnlyDisk(site), capture_logs() as logged:
        answers = [site.tell() for _ in range(5)]
        assert all(is_refused_for_now(answer) for answer in answers)
        assert not site.ready()
    assert {one["detail"] for one in logged if one.get("action") == "inbox.unavailable"} == {
        "The database cannot be used: attempt to write a readonly database."
    }
    assert site.stored() == site.acknowledged == 1  # and reads have left a connection that can only read
    assert site.ready()
    assert site.tell().status_code == 202
    assert site.stored() == site.acknowledged == 2


@pytest.mark.postgresql
def test_a_postgresql_that_becomes_read_only_is_refused_for_now_until_it_can_be_written(
    monkeypatch, tmp_path, postgres, database_url
):
    """As a standby is, or one whose provider found its disk full."""
    site = Site(monkeypatch, tmp_path / "none", database_url)
    before = site.stored()
    assert site.tell().status_code == 202
    with read_only(postgres):
        wait_until(lambda: is_refused_for_now(site.tell()), "refused", 10)
        assert not site.ready()
    wait_until(site.ready, "ready again", 10)
    assert site.tell().status_code == 202
    assert site.stored() - before == site.acknowledged
    site.close()


@contextmanager
def read_only(postgres):
    """Its sessions hear of it within a moment."""
    for statement in ("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()"):
        postgres.execute(statement)
    try:
        yield
    finally:
        for statement in ("ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()"):
            postgres.execute(statement)
        wait_until(lambda: postgres.execute("SHOW default_transaction_read_only") == [("off",)], "writable again", 10)


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


DAMAGED = {
    "in whole": (0, None, "file is not a database"),
    "at its beginning": (0, 4096, "file is not a database"),
    "but for its beginning": (4096, None, "database disk image is malformed"),
}


@pytest.mark.parametrize("where", DAMAGED)
def test_a_file_that_is_damaged_in_mid_run_is_refused_and_all_goes_on_when_it_is_mended(site, where):
    assert site.tell().status_code == 202
    sound = site.written_back()
    begin, end, words = DAMAGED[where]
    size = len(sound[begin:end])
    overwrite(site.file, sound[:begin] + b"\xa5" * size + sound[begin + size :])
    with capture_logs() as logged:
        assert all(is_refused_for_now(site.tell()) for _ in range(4))
    assert {one["detail"] for one in logged if one.get("action") == "inbox.unavailable"} == {
        f"The database cannot be used: {words}."
    }
    assert not site.ready()
    overwrite(site.file, sound)
    assert site.ready()
    assert site.tell().status_code == 202
    assert site.stored() == site.acknowledged == 2


def overwrite(file, content):
    """In its place, as a disk does that fails."""
    with file.open("r+b") as opened:
        opened.write(content)


def test_no_start_on_a_file_that_is_no_database(monkeypatch, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "marquee.db").write_bytes(b"not a database at all" * 1000)
    with pytest.raises((InboxUnavailable, FaultySettings), match="cannot be used"):
        Site(monkeypatch, tmp_path / "disk")
