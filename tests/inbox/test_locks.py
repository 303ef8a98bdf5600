"""The lock of the writers: one holds it at a time, and it is never left behind."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path
from threading import Event, Thread
from time import sleep

import pytest

from handlers.errors import InboxUnavailable
from handlers.inbox.locks import WriteLock

PROJECT = Path(__file__).resolve().parents[2]
TURNS = 100
COUNT = """
import sys, time
from pathlib import Path
from handlers.inbox.locks import WriteLock
lock, number = WriteLock(Path(sys.argv[1]), patience=60), Path(sys.argv[2])
for _ in range(int(sys.argv[3])):
    with lock:
        before = int(number.read_text())
        time.sleep(0.0005)
        number.write_text(str(before + 1))
"""
HOLD = """
import sys
from pathlib import Path
from handlers.inbox.locks import WriteLock
with WriteLock(Path(sys.argv[1]), patience=60):
    print("held", flush=True)
    sys.stdin.readline()
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "marquee.db.lock"


@pytest.fixture
def lock(path):
    with closing(WriteLock(path, patience=60)) as opened:
        yield opened


@pytest.fixture
def holder(path):
    """Another process, which holds the lock until it is told a line, and then lives on."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", HOLD, path], cwd=PROJECT, text=True, **pipes) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def taken(lock):
    """Becomes set when a thread that waits for the lock has taken it and given it back."""
    done = Event()

    def take():
        with lock:
            pass
        done.set()

    Thread(target=take, daemon=True).start()
    return done


def give_up(lock):
    """The error that another thread gets when it waits in vain."""
    caught = []

    def wait():
        try:
            with lock:
                pass
        except InboxUnavailable as error:
            caught.append(error)

    thread = Thread(target=wait)
    thread.start()
    thread.join(10)
    return caught


def test_one_thread_holds_it_at_a_time(lock):
    numbers = [0]

    def count():
        for _ in range(TURNS):
            with lock:
                before = numbers[-1]
                sleep(0.0001)
                numbers.append(before + 1)

    threads = [Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert numbers[-1] == 4 * TURNS


def test_one_process_holds_it_at_a_time(path, tmp_path):
    number = tmp_path / "number"
    number.write_text("0")
    command = [sys.executable, "-c", COUNT, path, number, str(TURNS)]
    processes = [subprocess.Popen(command, cwd=PROJECT) for _ in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert int(number.read_text()) == 3 * TURNS


def test_it_is_handed_over_to_a_thread_that_waits(lock):
    with lock:
        waiting = taken(lock)
        assert not waiting.wait(0.1)
    assert waiting.wait(10)


def test_it_is_handed_over_to_a_process_that_waits(lock, holder):
    waiting = taken(lock)
    assert not waiting.wait(0.1)
    print(file=holder.stdin, flush=True)
    assert waiting.wait(10)
    assert holder.poll() is None


def test_it_is_free_when_its_holder_was_killed(lock, holder):
    waiting = taken(lock)
    assert not waiting.wait(0.1)
    holder.kill()
    assert waiting.wait(10)


def test_a_thread_gives_up_after_its_patience(path):
    with closing(WriteLock(path, patience=0.05)) as lock, lock:
        assert [type(error) for error in give_up(lock)] == [InboxUnavailable]


def test_who_gave_up_leaves_it_as_it_was(path):
    with closing(WriteLock(path, patience=0.05)) as lock:
        with lock:
            assert give_up(lock)
            assert give_up(lock)
        assert give_up(lock) == []


def test_an_error_within_gives_it_back_and_goes_on(lock):
    with pytest.raises(ZeroDivisionError), lock:
        raise ZeroDivisionError
    assert taken(lock).wait(10)


def test_a_fault_of_the_file_is_told_each_time_and_blocks_no_thread(path):
    lock = WriteLock(path, patience=0.05)
    lock.close()
    for _ in range(2):
        with pytest.raises(OSError, match="Bad file descriptor"), lock:
            pass


def test_its_file_is_for_this_user_only(lock, path):
    assert path.stat().st_mode & 0o777 == 0o600
