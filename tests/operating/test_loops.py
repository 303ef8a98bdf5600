"""What takes long is answered in threads, part by part, and holds up nobody."""

import time

import pytest
import requests
from dripping import PARTS
from running import Process, wait_until


@pytest.fixture
def server():
    command = ["-m", "gunicorn", "-c", "tests/benchmarks/bare.conf.py", "tests.operating.dripping:create_app()"]
    process = Process(command, {"WEB_CONCURRENCY": "1"}).start("/made")
    yield process
    process.stop()


def made(server):
    return int(requests.get(f"{server.url}/made", timeout=5).text)


def test_each_part_of_an_answer_leaves_when_it_is_made(server):
    started = time.monotonic()
    with requests.get(server.url, stream=True, timeout=5) as answer:
        assert next(answer.iter_lines()) == b"part 0"
        assert time.monotonic() - started < PARTS * 0.05 / 2


def test_a_long_answer_holds_up_nobody(server):
    with requests.get(server.url, stream=True, timeout=5):
        started = time.monotonic()
        assert made(server) < PARTS
        assert time.monotonic() - started < 2


def test_no_more_parts_are_made_once_the_client_has_left(server):
    with requests.get(server.url, stream=True, timeout=5) as answer:
        next(answer.iter_content(10))

    def stands_still():
        before = made(server)
        time.sleep(0.3)
        return made(server) == before < PARTS

    wait_until(stands_still, "nothing more is made", 5)
