"""One object a line, that nobody can forge."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

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
FAILING = """
import logging
import structlog
from gunicorn.config import Config
from handlers.operating.logs import GunicornLogger, configure
configure({format!r})
def fail():
    password = "".join(["do-not-", "show-this"])
    raise ValueError("bad")
def call():
    token = "".join(["nor-", "this"])
    try:
        fail()
    except ValueError as error:
        raise RuntimeError("worse") from error
try:
    call()
except RuntimeError:
    {log}.exception("it failed")
"""
GUNICORN = """
from gunicorn.config import Config
from handlers.operating.logs import GunicornLogger, configure
configure({format!r}, {level!r})
settings = Config()
settings.set("loglevel", "critical")
log = GunicornLogger(settings)
log.setup(settings)
log.debug("too much")
log.info("Listening at: %s", "http://127.0.0.1:8000\\n{{}}")
log.warning("Worker exiting")
log.access(None, None, {{}}, None)
"""
MALFORMED = """
from gunicorn.config import Config
from handlers.operating.logs import GunicornLogger, configure
configure("json")
log = GunicornLogger(Config())
log.warning("Invalid request from ip=192.0.2.1: Invalid HTTP request line: 'GET /webhooks/it/a-secret'")
log.exception("Error handling request %s %s", "POST", "/webhooks/it/a-secret")
"""
ARBITER = """
import sys
from gunicorn.app.wsgiapp import WSGIApplication
sys.argv = ["gunicorn", "-c", "deploy/gunicorn.conf.py", "app:create_app()"]
settings = WSGIApplication().cfg
log = settings.logger_class(settings)
log.info("Starting gunicorn")
log.warning("Worker was sent SIGKILL! Perhaps out of memory?")
"""
SOURCES = """
[sources.own]
platform = "generic"
signature = "github"
secrets = ["a-secret-that-is-long-enough"]
account_id = "acme"
"""
LOGGERS = ["structlog.get_logger()", "logging.getLogger('any.library')", "GunicornLogger(Config())"]


def printed(program, **environment):
    command, variables = [sys.executable, "-c", program], os.environ | environment
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PROJECT, env=variables)
    assert done.stderr == ""
    return done.stdout


def logged(log_format, level="INFO"):
    return printed(PROGRAM.format(format=log_format, level=level))


def gunicorn(log_format="json", level="INFO"):
    return printed(GUNICORN.format(format=log_format, level=level)).splitlines()


def test_each_line_is_an_object_whatever_is_in_it():
    lines = [json.loads(line) for line in logged("json").splitlines()]
    assert (lines[0]["message"], lines[0]["event"], lines[0]["level"]) == ("words", "ev-1\n{}", "info")
    assert lines[1]["logger"] == "gunicorn.error"
    assert lines[2]["exception"][0]["exc_type"] == "ValueError"


def test_no_variable_of_ours_is_ever_shown():
    assert "do-not-show-this" not in logged("json")
    assert "do-not-show-this" not in logged("text")


@pytest.mark.parametrize("log", LOGGERS)
@pytest.mark.parametrize("log_format", ["json", "text"])
def test_a_traceback_tells_where_and_why_and_no_local_variable(log_format, log):
    shown = printed(FAILING.format(format=log_format, log=log))
    for told in ("it failed", "ValueError", "bad", "RuntimeError", "worse", "fail"):
        assert told in shown
    assert not re.search("do-not-show-this|nor-this|locals", shown)


@pytest.mark.parametrize("log", LOGGERS)
def test_an_error_is_one_line_however_long_its_traceback(log):
    (line,) = printed(FAILING.format(format="json", log=log)).splitlines()
    shown = json.loads(line)
    assert (shown["message"], shown["level"]) == ("it failed", "error")
    assert [error["exc_type"] for error in shown["exception"]] == ["RuntimeError", "ValueError"]


def test_in_text_a_value_cannot_make_a_line_of_its_own():
    assert "event='ev-1\\n{}'" in logged("text")


def test_in_text_a_line_begins_with_its_moment_its_level_and_its_words():
    first, second = logged("text").splitlines()[:2]
    assert re.fullmatch(r"\S+Z info +words  action='a\.b' event='ev-1\\n\{\}'", first)
    assert re.fullmatch(r"\S+Z warning +from a library  logger='gunicorn\.error'", second)


def test_a_level_keeps_lesser_lines_out():
    assert "words" not in logged("json", "ERROR")


def test_gunicorns_lines_go_the_way_of_all_others_and_once():
    lines = [json.loads(line) for line in gunicorn()]
    assert [(line["message"], line["level"], line["logger"]) for line in lines] == [
        ("Listening at: http://127.0.0.1:8000\n{}", "info", "gunicorn.error"),
        ("Worker exiting", "warning", "gunicorn.error"),
    ]


def test_in_text_gunicorns_lines_stay_lines():
    assert [re.sub(r"^\S+ ", "", line) for line in gunicorn("text")] == [
        "info     Listening at: http://127.0.0.1:8000\\n{}  logger='gunicorn.error'",
        "warning  Worker exiting  logger='gunicorn.error'",
    ]


def test_an_address_that_gunicorn_itself_refuses_is_not_repeated():
    lines = [json.loads(line) for line in printed(MALFORMED).splitlines()]
    assert [line["message"] for line in lines] == ["Invalid request from ip=192.0.2.1", "Error handling request"]
    assert "a-secret" not in repr(lines)


def test_the_level_of_all_holds_for_gunicorn_too():
    assert [json.loads(line)["message"] for line in gunicorn(level="WARNING")] == ["Worker exiting"]


def test_the_process_above_the_web_processes_logs_as_they_do(tmp_path):
    (tmp_path / "sources.toml").write_text(SOURCES)
    folders = {"SOURCES_FILE": "sources.toml", "PROMETHEUS_MULTIPROC_DIR": "metrics"}
    lines = printed(
        ARBITER,
        **{name: str(tmp_path / file) for name, file in folders.items()},
        HUBSPOT_ACCESS_TOKEN="any",
        LOG_LEVEL="WARNING",
    )
    (line,) = lines.splitlines()
    assert json.loads(line)["message"] == "Worker was sent SIGKILL! Perhaps out of memory?"


FORGING = """
import logging
import structlog
from handlers.operating.logs import configure
configure({format!r})
evil = "x\\r\\n2026-01-01T00:00:00Z info     forged  {{}}\\u202e\\u2066\\u200b\\U000e0041\\x1b[2J\\x7f\\x85\\u2028\\u2029"
structlog.get_logger().info(evil, action="a.b", about=evil, **{{"key": [evil]}})
logging.getLogger("any").warning("%s", evil)
try:
    raise ValueError(evil)
except ValueError:
    structlog.get_logger().exception("it failed")
    logging.getLogger("any").exception("it failed")
"""


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_no_value_and_no_error_can_make_a_line_or_move_a_cursor_or_turn_the_direction(log_format):
    shown = printed(FORGING.format(format=log_format))
    assert [letter for letter in shown if not letter.isprintable() and letter != "\n"] == []
    heads = [line for line in shown.split("\n") if line and not line.startswith("  ")]
    assert len(heads) == 4
    assert not any(line.startswith("2026-01-01") for line in heads)


def test_in_json_every_character_can_be_read_back():
    first = json.loads(printed(FORGING.format(format="json")).splitlines()[0])
    assert first["event"].endswith("\u202e\u2066\u200b\U000e0041\x1b[2J\x7f\x85\u2028\u2029")


ODD = """
import structlog
from handlers.operating.logs import configure
configure("json")
structlog.get_logger().info("odd", half="\\ud800", large=2**80, thing=object)
"""


def test_a_value_that_is_odd_keeps_no_line_from_being_told():
    shown = json.loads(printed(ODD))
    assert (shown["half"], shown["large"], shown["thing"]) == ("\ud800", 2**80, "<class 'object'>")
