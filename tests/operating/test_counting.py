"""The processes of one host count in one folder, and those that are gone leave nothing behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from handlers.operating.counting import VARIABLE, share_counts

PROJECT = Path(__file__).resolve().parents[2]
COUNT = """
import sys
from pathlib import Path
from handlers.operating.counting import share_counts
share_counts(Path(sys.argv[1]))
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
registry = CollectorRegistry()
Counter("seen", "Seen.", registry=registry).inc(3)
Gauge("held", "Held.", registry=registry, multiprocess_mode="livemostrecent").set(1)
Histogram("took_seconds", "Took.", registry=registry).observe(1)
print("counted", flush=True)
sys.stdin.read()
"""
SCRAPE = """
import sys
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
registry = CollectorRegistry()
MultiProcessCollector(registry, sys.argv[1])
print(generate_latest(registry).decode())
"""


@pytest.fixture(autouse=True)
def unset(monkeypatch):
    """No folder is named, and the environment is as it was afterwards."""
    monkeypatch.setenv(VARIABLE, "")
    monkeypatch.delenv(VARIABLE)


@pytest.fixture
def gone():
    """The id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.fixture
def counting(tmp_path):
    """Starts processes that count in `tmp_path` and live on until they are told to end."""
    running = []

    def start():
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        process = subprocess.Popen([sys.executable, "-c", COUNT, tmp_path], cwd=PROJECT, text=True, **pipes)
        running.append(process)
        assert process.stdout.readline() == "counted\n"
        return process

    yield start
    for process in running:
        process.communicate(timeout=10)


def scraped(folder):
    command = [sys.executable, "-c", SCRAPE, folder]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout


def names(folder):
    return {file.name for file in folder.iterdir()}


def test_the_processes_of_a_host_count_together(tmp_path, counting):
    counting()
    counting()
    assert "seen_total 6.0" in scraped(tmp_path)


def test_the_files_of_a_living_process_are_kept(tmp_path, counting):
    pid = counting().pid
    share_counts(tmp_path)
    assert names(tmp_path) == {f"counter_{pid}.db", f"gauge_livemostrecent_{pid}.db", f"histogram_{pid}.db"}


def test_the_files_of_a_dead_process_are_removed(tmp_path, counting):
    counting().communicate(timeout=10)
    assert names(tmp_path) != set()
    share_counts(tmp_path)
    assert names(tmp_path) == set()


def test_the_files_of_a_living_process_of_any_user_are_kept(tmp_path):
    (tmp_path / "counter_1.db").touch()
    share_counts(tmp_path)
    assert names(tmp_path) == {"counter_1.db"}


@pytest.mark.parametrize(
    "name",
    [
        *("counter_.db", "counter_x.db", "counter_0.db", "counter_-1.db", "counter_1.5.db", ".db", "_.db"),
        *(f"counter_{10**30}.db", "gauge__livesum.db", "counter_²³.db", "readme.txt"),
    ],
)
def test_a_malformed_name_breaks_nothing_and_is_left_alone(tmp_path, name):
    (tmp_path / name).touch()
    share_counts(tmp_path)
    assert names(tmp_path) == {name}


def test_a_database_in_the_same_folder_is_never_touched(tmp_path, gone):
    for name in ("marquee.db", f"marquee_{gone}.db", f"counter_{gone}.db"):
        (tmp_path / name).touch()
    share_counts(tmp_path)
    assert names(tmp_path) == {"marquee.db", f"marquee_{gone}.db"}


def test_the_folder_is_made_and_named_to_those_that_count(tmp_path):
    share_counts(tmp_path / "var" / "metrics")
    assert os.environ[VARIABLE] == str(tmp_path / "var" / "metrics")
    assert (tmp_path / "var" / "metrics").is_dir()


def test_a_folder_that_the_environment_names_is_used_instead(tmp_path, monkeypatch, gone):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "theirs"))
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / f"counter_{gone}.db").touch()
    share_counts(tmp_path / "ours")
    assert not (tmp_path / "ours").exists()
    assert names(tmp_path / "theirs") == set()
