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
Gauge("used_at", "Used.", registry=registry, multiprocess_mode="max").set(float(sys.argv[2]))
Gauge("least", "Least.", registry=registry, multiprocess_mode="min").set(1)
Histogram("took_seconds", "Took.", registry=registry).observe(1)
print("counted", flush=True)
sys.stdin.read()
"""
SCRAPE = """
import os
import sys
os.environ["PROMETHEUS_MULTIPROC_DIR"] = sys.argv[1]
from handlers.operating.totals import shared_totals
print(shared_totals().decode())
"""
LEFT = {"counter_0.db", "histogram_0.db", "gauge_max_0.db"}


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

    def start(used_at=1):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        process = subprocess.Popen(
            [sys.executable, "-c", COUNT, tmp_path, str(used_at)], cwd=PROJECT, text=True, **pipes
        )
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
    assert names(tmp_path) == {
        f"{kind}_{pid}.db" for kind in ("counter", "gauge_livemostrecent", "gauge_max", "gauge_min", "histogram")
    }


def test_where_nobody_counts_any_more_all_begins_anew(tmp_path, counting):
    process = counting()
    process.communicate(timeout=10)
    scraped(tmp_path)
    assert names(tmp_path) == {*LEFT, f"gauge_min_{process.pid}.db", "lock"}
    share_counts(tmp_path)
    assert names(tmp_path) == {"lock"}


def test_what_dead_processes_counted_stays_counted_and_leaves_one_file(tmp_path, counting):
    living = counting().pid
    for _ in range(3):
        counting().communicate(timeout=10)
        assert "seen_total" in scraped(tmp_path)
    share_counts(tmp_path)
    told = scraped(tmp_path)
    assert "seen_total 12.0" in told
    assert 'took_seconds_bucket{le="1.0"} 4.0' in told
    left = {name for name in names(tmp_path) if f"_{living}." not in name and "gauge_min" not in name}
    assert left == {*LEFT, "lock"}


def test_a_counter_never_runs_backwards_whoever_dies(tmp_path, counting):
    first, _second = counting(), counting()
    before = scraped(tmp_path)
    first.kill()
    first.wait(10)
    assert [line for line in scraped(tmp_path).splitlines() if line.startswith("seen_total")] == ["seen_total 6.0"]
    assert "seen_total 6.0" in before


def test_what_a_dead_process_measured_last_is_told_no_more(tmp_path, counting):
    process = counting()
    assert "held 1.0" in scraped(tmp_path)
    process.communicate(timeout=10)
    assert "held" not in scraped(tmp_path)


def test_the_greatest_of_what_was_measured_outlasts_its_process(tmp_path, counting):
    counting(used_at=5)
    for used_at in (9, 7):
        counting(used_at).communicate(timeout=10)
        assert "used_at 9.0" in scraped(tmp_path)


def test_what_cannot_be_joined_is_left_to_prometheus_client(tmp_path, counting):
    counting()
    counting().communicate(timeout=10)
    assert "least 1.0" in scraped(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\x01", b"\xff\x00\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00"])
def test_a_file_that_a_killed_process_left_unfinished_breaks_no_scrape(tmp_path, counting, gone, content):
    (tmp_path / f"counter_{gone}.db").write_bytes(content)
    counting()
    assert "seen_total 3.0" in scraped(tmp_path)
    assert not (tmp_path / f"counter_{gone}.db").exists()


def test_the_files_of_a_living_process_of_any_user_are_kept(tmp_path):
    (tmp_path / "counter_1.db").touch()
    share_counts(tmp_path)
    assert names(tmp_path) == {"counter_1.db"}


@pytest.mark.parametrize(
    "name",
    [
        *("counter_.db", "counter_x.db", "counter_01.db", "counter_-1.db", "counter_1.5.db", ".db", "_.db"),
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
