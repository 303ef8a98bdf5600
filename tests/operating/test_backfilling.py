"""`flask backfill`, as an operator types it, against a ticket shop that is there."""

import dataclasses
import json
import time
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import time_machine
from fresh import fresh_file
from inboxes import arrival, queue
from rich.console import Console
from sqlalchemy import select

from app import create_app
from handlers.configuration import configure
from handlers.forwarding.differing import Difference
from handlers.inbox import reconciliations, tables
from handlers.inbox.queue import Outcome, Settlement, State
from handlers.inbox.writer import Writer
from handlers.operating import backfilling
from handlers.platform import Found, Get, Listed, Page
from handlers.platforms import discover

SOURCES = """
[sources.box]
platform = "pretix"
api_url = "{url}"
api_token = "token-of-the-shop"
secrets = ["the-hooks-password"]
organizers = ["acme"]

[sources.own]
platform = "generic"
signature = "token"
secrets = ["the-own-secret"]
"""
START = "2099-06-01T10:00:00Z"
FAR = 9_000_000_000.0


class Shop:
    """Lists names and starts, three a page; `failing` statuses come first."""

    def __init__(self):
        self.events = {}
        self.failing = []
        self.headers = {}
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                status = shop.failing.pop(0) if shop.failing else 200
                content = json.dumps(shop.page(self.path)).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.send_header("Content-Type", "application/json")
                for name, value in shop.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def page(self, path):
        after = path.partition("after=")[2]
        names = sorted(name for name in self.events if name > after)
        return {"events": {name: self.events[name] for name in names[:3]}, "more": len(names) > 3}

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def list_events(_source, following):
    answer = yield Get("/list", {"after": following} if following else {})
    events = answer.body["events"]
    listed = [
        Listed(f"acme:{name}", Found({"eventName": title, "startDateTime": START}, {}))
        for name, title in events.items()
    ]
    return Page(listed, max(events) if answer.body["more"] else None)


@pytest.fixture
def shop():
    serving = Shop()
    yield serving
    serving.close()


@pytest.fixture
def app(tmp_path, monkeypatch, shop):
    (tmp_path / "sources.toml").write_text(SOURCES.format(url=shop.url))
    monkeypatch.setenv("SOURCES_FILE", str(tmp_path / "sources.toml"))
    monkeypatch.setenv("DATABASE_URL", fresh_file(tmp_path))
    monkeypatch.setenv("WORKER", "off")
    monkeypatch.setenv("LOG_LEVEL", "CRITICAL")
    monkeypatch.setattr(backfilling, "FIRST_WAIT_SECONDS", 0.01)
    made = create_app(configure(discover()))
    marquee = made.extensions["marquee"]
    listable = dataclasses.replace(marquee.platforms["pretix"], list_events=list_events)
    marquee.platforms = {**marquee.platforms, "pretix": listable}
    yield made
    marquee.stop()


@pytest.fixture
def database(app):
    return app.extensions["marquee"].database


@pytest.fixture
def command(app):
    return partial(invoke, app)


def invoke(app, *words):
    return app.test_cli_runner().invoke(args=["backfill", *words])


def hinted(database):
    note, event = tables.notification.c, tables.event.c
    joined = tables.notification.join(tables.event)
    query = select(event.external_id).select_from(joined).where(note.action == "marquee.hint").order_by(note.id)
    return [name for (name,) in database.rows(query)]


def settle(database, **known):
    """The worker did its work: these events (external id and name) are known and public."""
    writer = Writer(database, 0.0)
    writer.store_all([arrival(f"acme:{name}", source="box", received_at=time.time() - 60) for name in known])
    inbox = queue(database)
    settlements = []
    for changed in inbox.take(FAR, 1000, ()):
        fields = {"eventName": known.get(changed.external_id.removeprefix("acme:"), "?"), "startDateTime": START}
        outcomes = [
            Outcome(note.id, note.received_at, "unchanged") for chunk in inbox.pending(changed.id) for note in chunk
        ]
        settlements.append(Settlement(changed, outcomes, state=State(fields, {}, 1, published=True)))
    inbox.settle(settlements, time.time() - 50)


def test_what_the_platform_has_and_nobody_told_of_is_asked_about(command, shop, database):
    shop.events = {f"e{number}": "Gala" for number in range(7)}
    result = command("box")
    assert (result.exit_code, "7 listed, 7 differing, 0 missing" in result.output) == (0, True)
    assert hinted(database) == [f"acme:e{number}" for number in range(7)]
    assert reconciliations.rows(database)["box"].finished_runs == 1


def test_where_nothing_differs_nothing_is_asked(command, shop, database):
    shop.events = {"e0": "Gala"}
    settle(database, e0="Gala")
    result = command("box")
    assert (result.exit_code, "1 listed, 0 differing, 0 missing" in result.output, hinted(database)) == (0, True, [])


def test_a_dry_run_shows_what_differs_and_keeps_nothing(command, shop, database):
    shop.events = {"e0": "Gala", "e1": "[red]Ball[/red]", "e2": "Tour", "e3": "Fair"}
    settle(database, e0="Gala", e1="Before", e2="Tour", gone="Lost")
    result = command("box", "--dry-run")
    assert result.exit_code == 0
    for words in ("acme:e1", "eventName", "Before", "[red]Ball[/red]", "acme:e3", "acme:gone", "not in the list"):
        assert words in result.output
    assert "acme:e2" not in result.output
    assert "4 listed, 2 differing, 1 missing" in result.output
    assert (hinted(database), reconciliations.rows(database)) == ([], {})


def test_all_are_asked_about_where_that_is_wanted(command, shop, database):
    shop.events = {"e0": "Gala", "e1": "Ball"}
    settle(database, e0="Gala", e1="Ball")
    assert command("box", "--all").exit_code == 0
    assert hinted(database) == ["acme:e0", "acme:e1"]


def test_a_list_that_shrank_is_doubted_and_may_be_believed(command, shop, database):
    settle(database, **{f"e{number}": "Gala" for number in range(5)})
    result = command("box")
    assert (result.exit_code, "--believe" in result.output, hinted(database)) == (1, True, [])
    believed = command("box", "--believe")
    assert (believed.exit_code, len(hinted(database))) == (0, 5)


def test_an_interrupted_run_goes_on_where_it_was(command, shop, database):
    shop.events = {f"e{number}": "Gala" for number in range(9)}
    shop.failing = [200, 404]
    failed = command("box")
    assert (failed.exit_code, "run it again to go on" in failed.output) == (1, True)
    assert hinted(database) == ["acme:e0", "acme:e1", "acme:e2"]
    result = command("box")
    assert (result.exit_code, "Going on after 3 event(s)" in result.output) == (0, True)
    assert "9 listed, 9 differing" in result.output


def test_an_interrupted_run_may_begin_anew(command, shop, database):
    shop.events = {f"e{number}": "Gala" for number in range(4)}
    shop.failing = [200, 404]
    command("box")
    result = command("box", "--restart")
    assert (result.exit_code, "4 listed, 1 differing" in result.output) == (0, True)


def test_a_platform_that_stumbles_is_asked_again(command, shop, database):
    shop.events = {"e0": "Gala"}
    shop.failing = [503, 503]
    assert command("box").exit_code == 0


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_a_platform_that_is_away_is_a_fault(command, shop, database, more):
    shop.failing = [503] * 50
    result = command("box", *more)
    assert (result.exit_code, "platform_unavailable" in result.output) == (1, True)


def test_a_platform_that_tells_to_wait_long_is_not_waited_for(command, shop, database):
    shop.headers = {"Retry-After": "3600"}
    shop.failing = [429] * 2
    result = command("box")
    assert (result.exit_code, "platform_throttles" in result.output, len(shop.failing)) == (1, True, 1)


@pytest.mark.parametrize("shift", [-3600.0, 3600.0])
def test_a_host_with_a_wrong_clock_puts_nothing_off_for_longer(command, shop, database, shift):
    shop.failing = [500] * 9
    with time_machine.travel(time.time() + shift):
        assert command("box").exit_code == 1
    ((next_at,),) = database.rows(select(tables.reconciliation.c.next_at))
    assert next_at == pytest.approx(database.now() + backfilling.AGAIN_SECONDS, abs=20)


def test_a_token_that_is_refused_is_said_so(command, shop):
    shop.failing = [401] * 2
    result = command("box")
    assert (result.exit_code, "platform_refuses_token" in result.output, len(shop.failing)) == (1, True, 1)


def test_while_another_process_compares_it_waits_and_then_says_so(command, shop, database, monkeypatch):
    monkeypatch.setattr(backfilling, "PATIENCE_SECONDS", 0.3)
    reconciliations.claim(database, "box", "worker", time.time())
    result = command("box")
    assert (result.exit_code, "another process" in result.output) == (1, True)


def test_after_its_end_anybody_may_have_the_turn(command, shop, database):
    shop.failing = [404]
    command("box")
    assert not reconciliations.rows(database)["box"].claimed
    command("box")
    assert not reconciliations.rows(database)["box"].claimed


def test_a_platform_without_a_list_is_said_so(command):
    result = command("own")
    assert (result.exit_code, "tells no list" in result.output) == (1, True)


def test_a_source_without_a_token_is_said_so(app, command):
    app.extensions["marquee"].__dict__["guests"] = {}
    result = command("box")
    assert (result.exit_code, "api_token" in result.output) == (1, True)


@pytest.mark.parametrize(
    "words", [(), ("nobody",), ("box", "--dry-run", "--believe"), ("box", "--dry-run", "--restart")]
)
def test_wrong_usage(command, words):
    assert command(*words).exit_code == 2


def test_a_long_table_ends(capsys):
    many = [Difference(f"e{number}", {"eventName": (None, "x" * 100)}) for number in range(backfilling.MOST_SHOWN + 7)]
    backfilling.show(many, Console(width=200))
    shown = capsys.readouterr().out
    assert ("… and 7 more." in shown, "x" * 60 in shown) == (True, False)
