"""Refuses an SQLite file that several hosts may write: its write-ahead log needs the memory that only one host shares.

https://sqlite.org/wal.html: "All processes using a database must be on the same host computer". Two things are seen: a
network file system, by its type in /proc/mounts, and another host that has the file open just now, by a lock on a file
beside it that holds that host's boot id. Containers of one host have one boot id, and disturb each other in nothing. Not
seen is another host through a file system that is neither on the list nor passes locks on. 9p and virtiofs are not on
it: they bring a folder of one host into a machine on it.
"""

import fcntl
import os
import re
from pathlib import Path

from handlers.errors import FaultySettings

MOUNTS = Path("/proc/self/mounts")
BOOT = Path("/proc/sys/kernel/random/boot_id")
NETWORK = frozenset(
    (
        *("nfs", "nfs3", "nfs4", "cifs", "smb", "smbfs", "smb2", "smb3", "ncpfs", "afs", "coda", "davfs", "ceph"),
        *("glusterfs", "lustre", "gpfs", "ocfs2", "gfs2", "beegfs", "orangefs", "pvfs2", "panfs", "wekafs", "mfs"),
        *("sshfs", "s3fs", "gcsfuse", "blobfuse", "blobfuse2", "rclone", "ceph-fuse", "juicefs", "davfs2", "moosefs"),
        *("seaweedfs", "goofys", "mountpoint-s3", "curlftpfs", "smbnetfs", "lizardfs", "quobyte", "alluxio-fuse"),
    )
)
_ESCAPED = re.compile(r"\\([0-7]{3})")  # a space within a path: fstab(5)
_INSTEAD = "Keep it on a disk of the one host that runs Marquee, or give a PostgreSQL for several hosts."


def refuse_network(path: Path) -> None:
    """Raises `FaultySettings` where the file lies on a network file system."""
    kind = file_system(path.resolve())
    if kind.removeprefix("fuse.") in NETWORK:
        raise FaultySettings(
            [f"DATABASE_URL: {path} lies on a network file system ({kind}), where SQLite loses data. {_INSTEAD}"]
        )


def file_system(path: Path) -> str:
    """The type of the file system below an absolute path, as the kernel names it; empty where it does not tell."""
    try:
        mounts = [line.split(" ")[1:3] for line in MOUNTS.read_text().splitlines()]
    except OSError:
        return ""
    above = [(Path(_ESCAPED.sub(_unescaped, place)), kind) for place, kind in mounts]
    around = [
        (len(place.parts), number, kind) for number, (place, kind) in enumerate(above) if path.is_relative_to(place)
    ]
    return max(around, default=(0, 0, ""))[2]  # the deepest; of several in one place the last hides the others


class HostMark:
    """Says, as long as it is open, that this host has the file open. Raises `FaultySettings` where another one has."""

    def __init__(self, path: Path) -> None:
        """Locks and reads a file at `path`; does nothing where the system tells no boot id."""
        self._descriptor: int | None = None
        mine = _boot_id()
        if mine:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._take(mine, path)

    def _take(self, mine: bytes, path: Path) -> None:
        descriptor = self._descriptor or 0
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.pwrite(descriptor, mine, 0)  # nobody has it open: whatever it holds is of former times
        except BlockingIOError:
            pass
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        if os.pread(descriptor, len(mine), 0) != mine:
            self.close()
            raise FaultySettings([f"DATABASE_URL: Another host has {path.stem} open. {_INSTEAD}"])

    def close(self) -> None:
        """This one has it open no more."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _boot_id() -> bytes:
    try:
        return BOOT.read_bytes().strip()
    except OSError:
        return b""


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 8))
