"""One object a line, that nobody can forge."""

import json
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PROGRAM = """
import logging
import structlog
from handlers.operating.logs import configure
configure({format!r}, {level!r})
log = structlog.get_logger()
log.info("words", action="a.b", about="ev-1\\n{{}}")
logging.getLogger("gunicorn.error").warning("from a library")
password = "".join(["do-not-", "show-this"])
try:
    raise ValueError("bad")
except ValueError:
    log.exception("it failed")
"""


def logged(log_format, level="INFO"):
    program = PROGRAM.format(format=log_format, level=level)
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=PROJECT
    ).stdout


def test_each_line_is_an_object_whatever_is_in_it():
    lines = [json.loads(line) for line in logged("json").splitlines()]
    assert (lines[0]["message"], lines[0]["event"], lines[0]["level"]) == ("words", "ev-1\n{}", "info")
    assert lines[1]["logger"] == "gunicorn.error"
    assert lines[2]["exception"][0]["exc_type"] == "ValueError"


def test_no_variable_of_ours_is_ever_shown():
    assert "do-not-show-this" not in logged("json")
    assert "do-not-show-this" not in logged("text")


def test_in_text_a_value_cannot_make_a_line_of_its_own():
    assert "event='ev-1\\n{}'" in logged("text")


def test_a_level_keeps_lesser_lines_out():
    assert "words" not in logged("json", "ERROR")
