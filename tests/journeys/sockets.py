"""Which sockets a process holds, and which belong to a port: proc(5), /proc/PID/fd and /proc/net/tcp."""

from contextlib import suppress
from pathlib import Path

CONNECTED, LISTENING = "01", "0A"


def held_of(port, state, process):
    """How many sockets of this local port, in this state, a process has open."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ours = {f"socket:[{row[9]}]" for row in rows if row[3] == state and int(row[1].rpartition(":")[2], 16) == port}
    return len(ours.intersection(_links(process)))


def _links(process):
    for file in Path(f"/proc/{process}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            yield str(file.readlink())
