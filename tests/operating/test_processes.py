"""New connections go to the process that holds fewer."""

from http.client import HTTPConnection

import pytest
from running import Marquee, wait_until
from sockets import CONNECTED, held_of

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
    held = [held_of(marquee.port, CONNECTED, process) for process in marquee.processes()]
    for connection in connections:
        connection.close()
    return held
