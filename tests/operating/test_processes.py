"""New connections go to the process that holds fewer."""

import re
import subprocess
from http.client import HTTPConnection
from pathlib import Path

import pytest
from running import Marquee, wait_until

from handlers.operating.processes import lead

SOURCES = """
[sources.own]
platform = "generic"
signature = "token"
secrets = ["a-secret-of-this-test"]
"""


@pytest.mark.parametrize(
    ("count", "others", "ahead"),
    [(0, [0, 0], 0), (1, [1, 0], 0), (2, [2, 0], 2), (2, [2, -1], 0), (7, [7], 0), (1, [], 0), (99, [99, 0, 5], 10)],
)
def test_a_process_hesitates_by_how_many_more_connections_it_has_than_the_least(count, others, ahead):
    assert lead(count, others) == ahead


def test_connections_that_come_at_once_are_shared_by_all_processes(tmp_path):
    marquee = Marquee(tmp_path, SOURCES, "http://127.0.0.1:9", WORKER="off").start()
    wait_until(lambda: min(_shares(marquee)) >= 4, "both processes are up, and take their share", 20)
    marquee.stop()


def _shares(marquee):
    """How many of sixteen new connections each of the two processes that answer has taken."""
    connections = [HTTPConnection("127.0.0.1", marquee.port, timeout=10) for _ in range(16)]
    for connection in connections:
        connection.connect()
    for connection in connections:
        connection.request("GET", "/livez")
        connection.getresponse().read()
    held = sorted(_held(marquee))
    for connection in connections:
        connection.close()
    return held[-2:]


def _held(marquee):
    """How many sockets to clients each process of the service has open."""
    ours = {
        inode
        for local, inode in re.findall(
            r"^\s*\d+: \w+:(\w+) \w+:\w+ 01(?:\s+\S+){5}\s+(\d+)", Path("/proc/net/tcp").read_text(), re.MULTILINE
        )
        if int(local, 16) == marquee.port
    }
    return [len(ours & _inodes(process)) for process in _group(marquee._process.pid)]


def _group(group):
    found = subprocess.run(["pgrep", "-g", str(group)], capture_output=True, text=True, check=True).stdout
    return [Path("/proc", number) for number in found.split()]


def _inodes(process):
    found = set()
    for file in (process / "fd").iterdir():
        match = re.fullmatch(r"socket:\[(\d+)\]", str(file.readlink()))
        found |= {match[1]} if match else set()
    return found
