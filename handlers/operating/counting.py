"""Where the processes of one host count together."""

import os
import re
from pathlib import Path

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
# As prometheus_client names them; nothing else in the folder is ours to remove, least of all the inbox.
_COUNTS = re.compile(r"(?:counter|histogram|summary|gauge_[a-z]+)_([1-9][0-9]{0,8})\.db")


def share_counts(folder: Path) -> None:
    """Count in `folder` unless the environment names another; must come before prometheus_client is imported.

    Files of processes that run no more are removed, else they pile up and slow every scrape:
    https://github.com/prometheus/client_python/issues/275
    """
    shared = Path(os.environ.setdefault(VARIABLE, str(folder)))
    shared.mkdir(parents=True, exist_ok=True)
    for file in shared.glob("*.db"):
        counts = _COUNTS.fullmatch(file.name)
        if counts is not None and not _runs(int(counts[1])):
            file.unlink(missing_ok=True)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
