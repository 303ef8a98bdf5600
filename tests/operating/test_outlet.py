"""A log that cannot be written says so later, and never to those who have done what it tells."""

import errno
import io
import json
import os

import pytest

from handlers.operating.outlet import Outlet


class Disk(io.BytesIO):
    """Is full as long as it is told so."""

    full = False

    def write(self, data):
        if self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data)


@pytest.fixture
def disk():
    return Disk()


def test_a_line_is_there_at_once(disk):
    Outlet(disk).write(b"one\n")
    assert disk.getvalue() == b"one\n"


def test_what_finds_no_room_is_counted_and_told_with_the_next_line(disk):
    outlet = Outlet(disk)
    disk.full = True
    outlet.write(b"lost\n")
    outlet.write(b"lost too\n")
    disk.full = False
    outlet.write(b"here\n")
    outlet.write(b"and here\n")
    _, told, *lines = disk.getvalue().split(b"\n")
    assert (json.loads(told)["action"], json.loads(told)["lines"]) == ("log.lost", 2)
    assert lines == [b"here", b"and here", b""]


def test_a_reader_that_has_gone_is_nobodys_fault():
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb", buffering=0) as gone:
        assert Outlet(gone).write(b"one\n") == 4
