"""The commands, as an operator types them."""

from functools import partial

import pytest
from fresh import fresh_file
from running import Marquee
from senders import SOURCES

from app import create_app
from handlers.configuration import configure
from handlers.platforms import discover


@pytest.fixture
def command(tmp_path, monkeypatch, sandbox):
    """Runs a command on an inbox of its own."""
    (tmp_path / "sources.toml").write_text(SOURCES)
    monkeypatch.setenv("SOURCES_FILE", str(tmp_path / "sources.toml"))
    monkeypatch.setenv("DATABASE_URL", fresh_file(tmp_path))
    monkeypatch.setenv("HUBSPOT_BASE_URL", sandbox.url)
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "sandbox")
    monkeypatch.setenv("LOG_LEVEL", "INFO")
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


def test_what_a_person_reads_is_not_mixed_with_the_log(command):
    assert "action=" not in command("check").output.replace('"action":', "action=")


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


def table_of_links(tmp_path, *lines):
    file = tmp_path / "links.csv"
    file.write_text("\n".join(["source,external_id,object_id", *lines]), encoding="utf-8")
    return str(file)


def test_links_are_imported_and_told_by_what_they_changed(command, tmp_path):
    command("link", "load", "ev-1", "101")
    command("link", "load", "ev-2", "102")
    file = table_of_links(tmp_path, "load,ev-1,101", "load,ev-2,103", "load,ev-3,104")
    dry = command("link", "--import", file, "--dry-run")
    assert (dry.exit_code, "Would be: 1 new, 1 changed, 1 same." in dry.output) == (0, True)
    assert "line 3: changed: load ev-2 → 103" in dry.output
    assert "Linked: 1 new, 1 changed, 1 same." in command("link", "--import", file).output
    assert "Would be: 0 new, 0 changed, 3 same." in command("link", "--import", file, "--dry-run").output


def test_many_links_are_imported_in_parts(command, tmp_path):
    file = table_of_links(tmp_path, *(f"load,ev-{number},{number}" for number in range(1, 502)))
    assert "Linked: 501 new, 0 changed, 0 same." in command("link", "--import", file).output


def test_a_faulty_row_leaves_everything_as_it_was(command, tmp_path):
    file = table_of_links(tmp_path, "load,ev-1,101", "nobody,ev-2,102", "load,ev-3,x")
    result = command("link", "--import", file)
    assert result.exit_code == 1
    assert "line 3: source: No such source" in result.output
    assert "line 4: object_id: Is not an objectId" in result.output
    assert "1 new" in command("link", "--import", table_of_links(tmp_path, "load,ev-1,101"), "--dry-run").output


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_a_marketing_event_that_is_taken_is_refused_and_nothing_is_linked(command, tmp_path, more):
    command("link", "load", "ev-1", "101")
    file = table_of_links(tmp_path, "load,ev-2,102", "load,ev-3,101")
    result = command("link", "--import", file, *more)
    assert (result.exit_code, "line 3: linked_elsewhere: 101" in result.output) == (1, True)
    assert "1 new" in command("link", "--import", table_of_links(tmp_path, "load,ev-2,102"), "--dry-run").output


@pytest.mark.parametrize(
    "words",
    [(), ("load",), ("load", "ev-1"), ("load", "ev-1", "1", "--dry-run"), ("--dry-run",), ("--import", "no-such-file")],
)
def test_a_link_needs_all_three_words_or_a_file(command, words):
    assert command("link", *words).exit_code == 2


def test_samples_are_signed_and_taken(command, tmp_path, sandbox):
    marquee = Marquee(tmp_path, SOURCES, sandbox.url, WORKER="off").start()
    result = command("send-sample", "load", "--count", "6", "--events", "2", "--rate", "100", "--url", marquee.url)
    marquee.stop()
    assert (result.exit_code, "6 × 202" in result.output) == (0, True)


def test_samples_that_nobody_takes_are_said_so(command):
    assert command("send-sample", "load", "--url", "http://127.0.0.1:9").exit_code == 1
    assert command("send-sample", "load", "--url", "http://example.com").exit_code == 2
