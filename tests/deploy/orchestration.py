"""What the tests of Compose's and of Kubernetes's files share."""

import re
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]
DEPLOY = PROJECT / "deploy"
TOOLS = Path(sys.executable).parent
ENDING_SECONDS = int(re.search(r"^ENDING_SECONDS = (\d+)", (DEPLOY / "gunicorn.conf.py").read_text(), re.MULTILINE)[1])
KNOWN = set(re.findall(r"`([A-Z][A-Z_]+)`", (PROJECT / "README.md").read_text()))


def strangers(names):
    """Settings that no one reads: a misspelt one is silently without effect."""
    return [name for name in names if name.removesuffix("_FILE") not in KNOWN and name not in KNOWN]
