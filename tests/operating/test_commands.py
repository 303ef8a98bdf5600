"""The commands, as an operator types them."""

from functools import partial

import pytest
from running import Marquee, Sandbox
from senders import SOURCES

from app import create_app
from handlers.configuration import configure
from handlers.platforms import discover


@pytest.fixture
def sandbox():
    running = Sandbox().start()
    yield running
    running.stop()


@pytest.fixture
def command(tmp_path, monkeypatch, sandbox):
    """Runs a command on an inbox of its own."""
    (tmp_path / "sources.toml").write_text(SOURCES)
    monkeypatch.setenv("SOURCES_FILE", str(tmp_path / "sources.toml"))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/commands.db")
    monkeypatch.setenv("HUBSPOT_BASE_URL", sandbox.url)
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "sandbox")
    monkeypatch.setenv("LOG_LEVEL", "ERROR")
    app = create_app(configure(discover()))
    yield partial(invoke, app)
    app.extensions["marquee"].stop()


def invoke(app, *words):
    return app.test_cli_runner().invoke(args=list(words))


def test_check_finds_all_well(command):
    result = command("check")
    assert (result.exit_code, "All is well." in result.output) == (0, True)


def test_check_tells_what_hubspot_says_of_the_token(command, sandbox):
    sandbox.fault("unauthorized")
    assert command("check").exit_code == 1


def test_a_link_is_set_once(command):
    assert command("link", "load", "ev-1", "123").exit_code == 0
    result = command("link", "load", "ev-2", "123")
    assert (result.exit_code, "stands for load ev-1 already" in result.output) == (1, True)


@pytest.mark.parametrize(
    ("words", "says"), [(("nobody", "ev-1", "1"), "No such source"), (("load", "ev-1", "x"), "digits")]
)
def test_a_link_that_cannot_be_is_refused(command, words, says):
    result = command("link", *words)
    assert (result.exit_code, says in result.output) == (2, True)


def test_samples_are_signed_and_taken(command, tmp_path, sandbox):
    marquee = Marquee(tmp_path, SOURCES, sandbox.url, WORKER="off").start()
    result = command("send-sample", "load", "--count", "6", "--events", "2", "--rate", "100", "--url", marquee.url)
    marquee.stop()
    assert (result.exit_code, "6 × 202" in result.output) == (0, True)


def test_samples_that_nobody_takes_are_said_so(command):
    assert command("send-sample", "load", "--url", "http://127.0.0.1:9").exit_code == 1
    assert command("send-sample", "load", "--url", "http://example.com").exit_code == 2
