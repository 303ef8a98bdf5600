"""The sandbox as a process, started by the command line; and that it shares nothing with the service."""

import ast
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

PROJECT = Path(__file__).resolve().parents[2]
ROOT = "/marketing/marketing-events/2026-03"
FILES = sorted((PROJECT / "deploy" / "sandbox").glob("*.py"))


class Process:
    def __init__(self, *options):
        command = [sys.executable, "-m", "deploy.sandbox", "--port", "0", *options]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.started = time.monotonic()
        self._process = subprocess.Popen(command, cwd=PROJECT, text=True, **pipes)
        self.line = self._process.stdout.readline()
        self.url = self.line.removeprefix("HubSpot sandbox on ").strip()

    def get(self, path):
        return requests.get(self.url + path, headers={"Authorization": "Bearer any"}, timeout=5)

    def post(self, path, body):
        return requests.post(self.url + path, json=body, headers={"Authorization": "Bearer any"}, timeout=5)

    def stop(self, number=signal.SIGTERM):
        """Its exit status and what it complained of."""
        self._process.send_signal(number)
        complaints = self._process.communicate(timeout=10)[1]
        return self._process.returncode, complaints


@pytest.fixture
def process(request):
    running = Process(*getattr(request, "param", ()))
    yield running
    running.stop()


def test_it_says_where_it_is_once_it_listens(process):
    assert process.line.startswith("HubSpot sandbox on http://127.0.0.1:")
    assert process.get("/sandbox/events").json() == []
    assert time.monotonic() - process.started < 5  # under a second where nothing else runs


@pytest.mark.parametrize("process", [("--demo",)], indirect=True)
def test_it_holds_a_demo_where_told_to(process):
    names = [event["eventName"] for event in process.get("/sandbox/events").json()]
    assert (names[0], len(names)) == ("Spring Summit", 5)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly(process, number):
    process.get(ROOT)
    assert process.stop(number) == (0, "")


def test_it_stops_though_a_call_hangs(process):
    process.post("/sandbox/faults", {"kind": "timeout", "seconds": 60})
    host, port = process.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as hanging:
        hanging.sendall(f"GET {ROOT} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer any\r\n\r\n".encode())
        while not process.get("/sandbox/calls").json()["last"]:
            time.sleep(0.01)
        assert process.stop()[0] == 0


@pytest.mark.parametrize(("kind", "words"), [("reset", "reset by peer"), ("timeout", "without response")])
def test_it_closes_connections_without_a_word_where_told_to(process, kind, words):
    process.post("/sandbox/faults", {"kind": kind, **({"seconds": 0.05} if kind == "timeout" else {})})
    with pytest.raises(requests.ConnectionError, match=words):
        process.get(ROOT)
    process.post("/sandbox/faults", {"kind": "slow", "seconds": 0.01})
    assert requests.delete(f"{process.url}/sandbox/faults", timeout=5).json() == []
    assert process.get(ROOT).status_code == 200
    assert process.stop() == (0, "")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_imports_nothing_of_the_service(file):
    imported = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module)
    assert {name.partition(".")[0] for name in imported}.isdisjoint({"handlers", "schemas", "app"})
    assert all(name.startswith("deploy.sandbox") for name in imported if name.startswith("deploy"))
