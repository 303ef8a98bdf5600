"""Whoever makes an exception from a security check names the check, and says why."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
OURS = [
    PROJECT / "app.py",
    *(file for folder in ("handlers", "schemas", "deploy") for file in (PROJECT / folder).rglob("*.py")),
]
EXCEPTION = re.compile(r"#\s*nosec|#\s*noqa: S\d")
REASONED = re.compile(r"# (?:noqa: S\d+(?:, [A-Z]+\d+)* - )?(?!noqa|nosec)\w[^#]{3,}(?: # nosec B\d{3})?$")


def exceptions():
    for file in OURS:
        for number, line in enumerate(file.read_text().splitlines(), 1):
            if EXCEPTION.search(line):
                yield f"{file.relative_to(PROJECT)}:{number}", line


def test_an_exception_from_a_security_check_has_a_name_and_a_reason():
    assert [place for place, line in exceptions() if not REASONED.search(line)] == []


@pytest.mark.parametrize(
    "line", ["x = 1  # nosec", "x = 1  # nosec B105", "x = 1  # noqa: S105", "x  # noqa: S105 # nosec B105"]
)
def test_one_without_either_is_noticed(line):
    assert EXCEPTION.search(line)
    assert not REASONED.search(line)


def test_ruffs_security_rules_are_switched_off_for_tests_alone():
    text = (PROJECT / ".ruff.toml").read_text()
    off, tests = (
        re.search(r"^ignore = \[(.*?)^\]", text, re.MULTILINE | re.DOTALL)[1],
        text.partition('"tests/**" = [')[2],
    )
    assert not re.search(r'"S\d*"', off)
    assert not re.search(r'"S\d*"', tests.partition("\n]")[2])
