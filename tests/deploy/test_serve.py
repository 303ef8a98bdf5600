"""What `./deploy/run` runs: children that are started again, and told what it is told."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from running import Process
from senders import SOURCES

PROJECT = Path(__file__).resolve().parents[2]
CHILD = """
import signal, sys, time
from pathlib import Path
heard = Path(sys.argv[1])
def hear(number, _frame):
    with heard.open("a") as file:
        file.write(signal.Signals(number).name + "\\n")
    if number == signal.SIGTERM and sys.argv[2] == "patient":
        time.sleep(1)
    if number != signal.SIGHUP:
        with heard.open("a") as file:
            file.write("ended\\n")
        sys.exit(0)
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, hear)
with heard.open("a") as file:
    file.write("started\\n")
while True:
    time.sleep(0.05)
"""
SUPERVISOR = """
import os, sys
from deploy.serve import Supervisor
child, folder, terminal = sys.argv[1:]
commands = {"sandbox": [sys.executable, "-c", child, folder + "/sandbox", "quick"],
            "web": [sys.executable, "-c", child, folder + "/web", "patient"]}
sys.exit(Supervisor(commands, os.environ, terminal=terminal == "terminal").run())
"""


class Supervised:
    def __init__(self, folder, terminal):
        self._folder = folder
        words = [sys.executable, "-c", SUPERVISOR, CHILD, str(folder), "terminal" if terminal else "none"]
        self.process = subprocess.Popen(words, cwd=PROJECT, stderr=subprocess.DEVNULL)
        self.wait(lambda: self.heard("web") == self.heard("sandbox") == ["started"])

    def heard(self, name):
        place = self._folder / name
        return place.read_text().split() if place.exists() else []

    def wait(self, holds):
        end = time.monotonic() + 10
        while not holds():
            assert time.monotonic() < end
            time.sleep(0.02)


@pytest.fixture
def supervised(request, tmp_path):
    running = Supervised(tmp_path, getattr(request, "param", None))
    yield running
    running.process.terminate()
    running.process.wait(10)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_web_hears_at_once_what_it_was_told_and_the_sandbox_stays_until_it_has_ended(supervised, number):
    supervised.process.send_signal(number)
    supervised.wait(lambda: signal.Signals(number).name in supervised.heard("web"))
    assert "SIGTERM" not in supervised.heard("sandbox")
    assert supervised.process.wait(10) == 0
    assert (supervised.heard("web")[-1], supervised.heard("sandbox")) == ("ended", ["started", "SIGTERM", "ended"])


def test_a_reload_is_the_webs_affair(supervised):
    supervised.process.send_signal(signal.SIGHUP)
    supervised.wait(lambda: supervised.heard("web") == ["started", "SIGHUP"])
    time.sleep(0.5)
    assert supervised.process.poll() is None
    assert supervised.heard("sandbox") == ["started"]


@pytest.mark.parametrize("supervised", [True], indirect=True)
def test_a_terminal_that_is_gone_ends_it_all(supervised):
    supervised.process.send_signal(signal.SIGHUP)
    assert supervised.process.wait(10) == 0
    assert "ended" in supervised.heard("web")
    assert "ended" in supervised.heard("sandbox")


def test_a_child_that_dies_is_started_again(supervised):
    (child,) = _children(supervised.process.pid, "/web")
    os.kill(child, signal.SIGKILL)
    supervised.wait(lambda: supervised.heard("web") == ["started", "started"])


def test_the_whole_service_drains_when_told_to_stop(tmp_path):
    (tmp_path / "sources.toml").write_text(SOURCES)
    given = {
        "SOURCES_FILE": str(tmp_path / "sources.toml"),
        "DATABASE_URL": f"sqlite:///{tmp_path}/marquee.db",
        "HUBSPOT_ACCESS_TOKEN": "token",
        "HUBSPOT_BASE_URL": "http://127.0.0.1:9",
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics"),
        "DRAIN_SECONDS": "2",
        "LOG_LEVEL": "WARNING",
    }
    service = Process(["-m", "deploy.serve"], given).start("/readyz")
    service._process.send_signal(signal.SIGTERM)
    told, heard = time.monotonic(), []
    while time.monotonic() - told < 1:
        heard.append(requests.get(f"{service.url}/readyz", timeout=5).json().get("reason"))
    assert service._process.wait(10) == 0
    assert heard[-1] == "draining"
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{service.url}/readyz", timeout=5)


def _children(parent, word):
    found = subprocess.run(["pgrep", "-P", str(parent)], capture_output=True, text=True, check=True).stdout.split()
    return [int(pid) for pid in found if word.encode() in Path("/proc", pid, "cmdline").read_bytes()]
