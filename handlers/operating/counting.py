"""Where the processes of one host count together."""

import os
import re
import stat
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
MEMORY = Path("/dev/shm")  # noqa: S108 - tmpfs, on Linux # nosec B108
# As prometheus_client names them; nothing else in the folder is ours to remove, least of all the inbox.
_COUNTS = re.compile(r"(counter|histogram|summary|gauge_[a-z]+)_(0|[1-9][0-9]{0,8})\.db")


class Counts(NamedTuple):
    """What one process counted of one kind of metric; `runs`: it may count on."""

    file: Path
    kind: str
    runs: bool


def share_counts(folder: Path) -> None:
    """Count in `folder` unless the environment names another; must come before prometheus_client is imported.

    Where nobody counts any more, all begins anew.
    """
    shared = Path(os.environ.setdefault(VARIABLE, str(folder)))
    shared.mkdir(parents=True, exist_ok=True)
    found = list(counts_in(shared))
    if not any(counts.runs for counts in found):
        for counts in found:
            counts.file.unlink(missing_ok=True)


def in_memory(project: Path, memory: Path = MEMORY, user: int | None = None) -> Path | None:
    """A folder of this `user`'s alone in memory, for what is counted of one project; None where none can be had.

    The files are mapped: on a disk that is full, whoever counts one more thing would be ended by SIGBUS (mmap(2)).
    """
    user = os.geteuid() if user is None else user
    folder = memory / f"marquee-{user}-{sha256(bytes(project)).hexdigest()[:16]}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == user and not found.st_mode & 0o022
    return folder if is_ours else None  # anybody may have made it before


def counts_in(folder: Path) -> Iterator[Counts]:
    """The files of all processes, and those of process 0: what is left of those that are gone."""
    for file in folder.glob("*.db"):
        named = _COUNTS.fullmatch(file.name)
        if named is not None:
            yield Counts(file, named[1], _runs(int(named[2])))


def _runs(pid: int) -> bool:
    if pid == 0:  # to signal 0 would be to signal oneself
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
