"""A client's socket that never blocks its thread."""

import selectors
import socket

import pytest

from handlers.operating.patient import SMALL, PatientSocket


class Ends:
    """Both ends of a connection; `awaited` are the events that were waited for, in each of which the client acts once."""

    def __init__(self):
        self.client, server = socket.socketpair()
        self.awaited, self.acts = [], []
        self.server = PatientSocket(server, self.until)

    def until(self, _connection, event):
        self.awaited.append(event)
        if not self.acts:
            raise ConnectionResetError
        self.acts.pop(0)()

    def close(self):
        self.client.close()
        self.server.close()


@pytest.fixture
def ends():
    ends = Ends()
    yield ends
    ends.close()


def test_what_has_come_is_read_without_waiting(ends):
    ends.client.sendall(b"request")
    assert ends.server.recv(100) == b"request"
    assert ends.awaited == []


def test_what_has_not_come_yet_is_waited_for(ends):
    ends.acts = [lambda: ends.client.sendall(b"late")]
    assert ends.server.recv(100) == b"late"
    assert ends.awaited == [selectors.EVENT_READ]


def test_a_client_that_sends_nothing_in_time_is_given_up(ends):
    with pytest.raises(ConnectionResetError):
        ends.server.recv(100)


def test_the_parts_of_an_answer_leave_together(ends):
    ends.server.sendall(b"head ")
    ends.server.sendall(b"content")
    ends.client.setblocking(False)
    with pytest.raises(BlockingIOError):
        ends.client.recv(100)
    ends.server.flush()
    assert ends.client.recv(100) == b"head content"


def test_a_flush_of_nothing_sends_nothing(ends):
    ends.server.flush()
    ends.client.setblocking(False)
    with pytest.raises(BlockingIOError):
        ends.client.recv(100)


def test_what_was_kept_leaves_before_more_is_waited_for(ends):
    ends.server.sendall(b"100 Continue")
    ends.acts = [lambda: ends.client.sendall(ends.client.recv(100))]
    assert ends.server.recv(100) == b"100 Continue"


def test_a_large_answer_leaves_as_fast_as_the_client_reads(ends):
    answer, read = b"x" * 3_000_000, []

    def read_some():
        read.append(len(ends.client.recv(1_000_000)))

    ends.acts = [read_some] * 10_000
    ends.server.sendall(answer)
    assert selectors.EVENT_WRITE in ends.awaited
    while sum(read) < len(answer):
        read_some()
    assert sum(read) == len(answer)


def test_a_large_part_takes_the_small_ones_before_it_along(ends):
    ends.server.sendall(b"head")
    ends.server.sendall(b"y" * SMALL)
    assert ends.client.recv(100_000) == b"head" + b"y" * SMALL


def test_nothing_makes_it_block(ends):
    ends.server.setblocking(True)
    ends.server.settimeout(10)
    assert ends.server.gettimeout() == 0
