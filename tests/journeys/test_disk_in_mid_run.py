"""The whole service on a disk that takes no more bytes in mid-run: refused, not lost, and well again by itself."""

import json
import os
import resource
import subprocess
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import requests
from running import Marquee, Sandbox, wait_until
from senders import HEADERS, SOURCES, marketing_events

from handlers.operating.counting import MEMORY

EVENTS = 20


class Logged(threading.Thread):
    """What the service says: by a pipe, since no file takes any more bytes."""

    def __init__(self):
        super().__init__(daemon=True)
        self._reading, self.writing = os.pipe()
        self.lines = []

    def run(self):
        with os.fdopen(self._reading) as said:
            self.lines.extend(json.loads(line) for line in said)

    def actions(self):
        return [line.get("action") for line in list(self.lines)]


class FailingDisk:
    """No process of the service can write to any file, as on a disk that Linux made read-only for its errors.

    The limit on a file's size makes write() fail, which is all that SQLite sees of such a disk too: EFBIG here, EROFS there,
    both are "disk I/O error" (https://www.sqlite.org/src/file/src/os_unix.c, unixWrite). It binds root as well.
    """

    def __init__(self, marquee):
        self._processes = [marquee._process.pid, *marquee.processes()]

    def __enter__(self):
        self._limit(0)

    def __exit__(self, *_):
        self._limit(resource.RLIM_INFINITY)

    def still_run(self):
        return all(Path(f"/proc/{one}").exists() for one in self._processes)

    def counts(self):
        """The files that the service's processes count in, mapped into their memory."""
        maps = [Path(f"/proc/{one}/maps").read_text().split() for one in self._processes]
        return [Path(word) for words in maps for word in words if word.endswith(".db") and "/counter_" in word]

    def _limit(self, size):
        for process in self._processes:
            resource.prlimit(process, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@pytest.fixture
def sandbox():
    running = Sandbox().start()
    running.seed(marketing_events(EVENTS))
    yield running
    running.stop()


@pytest.fixture
def logged():
    reading = Logged()
    reading.start()
    yield reading
    os.close(reading.writing)
    reading.join(10)


@pytest.fixture
def marquee(tmp_path, sandbox, logged):
    running = Marquee(tmp_path, SOURCES, sandbox.url, DEBOUNCE_SECONDS="0.2")
    running.log = logged.writing
    yield running.start()
    running.stop()


class Sender:
    """Tells of events one by one, and remembers what was taken."""

    def __init__(self, marquee):
        self._url, self.version, self.taken = f"{marquee.url}/webhooks/load", 0, {}

    def tell(self, size=1):
        self.version += 1
        event, name = f"ev-{self.version % EVENTS}", f"Version {self.version}"
        told = {"id": event, "version": self.version, "eventName": name, "unknown": "x" * size}
        answer = requests.post(self._url, json=told, headers=HEADERS, timeout=20)
        if answer.status_code == 202:
            self.taken[answer.json()["notification"]] = (event, name)
        return answer


def test_a_disk_that_takes_no_more_bytes_in_mid_run_loses_nothing_and_all_goes_on_when_it_does(
    marquee, sandbox, logged
):
    sender, disk = Sender(marquee), FailingDisk(marquee)
    assert all(sender.tell().status_code == 202 for _ in range(2 * EVENTS))
    with disk:
        refused = [sender.tell() for _ in range(EVENTS)]
        assert {(one.status_code, one.json()["reason"]) for one in refused} == {(503, "inbox_unavailable")}
        assert all("Retry-After" in one.headers for one in refused)
        wait_until(lambda: requests.get(f"{marquee.url}/readyz", timeout=10).status_code == 503, "not ready", 10)
        assert "inbox.unavailable" in logged.actions()
        stored = len(sender.taken)
    wait_until(lambda: requests.get(f"{marquee.url}/readyz", timeout=10).status_code == 200, "ready", 10)
    assert sum(marquee.outcomes().values()) == stored == 2 * EVENTS
    assert all(sender.tell().status_code == 202 for _ in range(EVENTS))
    assert sum(marquee.settle(30).values()) == len(sender.taken)
    wanted = dict(sender.taken.values())
    wait_until(
        lambda: {one["externalEventId"]: one["eventName"] for one in sandbox.events()} == wanted, "HubSpot is told", 30
    )
    assert disk.still_run()


@pytest.fixture
def small_disk(tmp_path):
    """Twelve megabytes."""
    place = tmp_path / "small"
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", place], check=False, capture_output=True)
    if done.returncode:
        pytest.skip(f"a disk can be made by root only: {done.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


@pytest.fixture
def on_small_disk(small_disk, sandbox, logged):
    """As it is deployed: what it counts is kept where that is by itself."""
    running = Marquee(small_disk, SOURCES, sandbox.url, DEBOUNCE_SECONDS="0.2")
    del running._environment["PROMETHEUS_MULTIPROC_DIR"]
    running.log = logged.writing
    yield running.start()
    running.stop()


def test_a_full_disk_ends_no_process_and_all_goes_on_when_there_is_room(on_small_disk, small_disk, sandbox):
    marquee, filling = on_small_disk, small_disk / "filling"
    sender, disk = Sender(marquee), FailingDisk(marquee)
    assert sender.tell().status_code == 202
    fill(filling)
    wait_until(lambda: sender.tell(100_000).status_code == 503, "refused", 20)
    for bad in (b"{", b"[]", b'{"id": ""}', b"x" * 2_000_000):  # none of which was counted before
        assert requests.post(f"{marquee.url}/webhooks/load", data=bad, headers=HEADERS, timeout=10).status_code < 504
    assert requests.get(f"{marquee.url}/metrics", timeout=10).status_code == 200
    assert disk.still_run()
    assert {place.parents[1] for place in disk.counts()} == {MEMORY}
    filling.unlink()
    wait_until(lambda: sender.tell().status_code == 202, "taken again", 20)
    assert sum(marquee.settle(30).values()) == len(sender.taken)


def fill(place):
    """As many bytes as there is room for."""
    with suppress(OSError), place.open("wb", buffering=0) as filling:
        while filling.write(b"x" * 4096):
            pass


@pytest.mark.parametrize("way", ["a full disk", "a reader that has gone"])
def test_no_answer_is_lost_for_a_log_that_takes_no_line_to(tmp_path, way):
    running = Marquee(tmp_path, SOURCES, "http://127.0.0.1:9", WORKER="off", WEB_CONCURRENCY="1")
    with closed_log(way) as running.log:
        running.start()
    sender = Sender(running)
    assert [sender.tell().status_code for _ in range(3)] == [202, 202, 202]
    running.kill()


@contextmanager
def closed_log(way):
    if way == "a full disk":
        with Path("/dev/full").open("wb") as full:
            yield full
    else:
        reading, writing = os.pipe()
        yield writing
        os.close(reading)
        os.close(writing)
