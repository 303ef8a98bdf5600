"""The commands that mirror the API: the same answers for machines, tables for people, and a word for every fault."""

import json
import signal
import time

import pytest
from fresh import NAME, fresh_file
from senders import SOURCES

from app import create_app
from handlers.configuration import configure
from handlers.inbox import audit, tables
from handlers.inbox.arrival import Arrival
from handlers.inbox.pauses import get_pause, held_sources
from handlers.inbox.writer import Writer
from handlers.operating.commands import replaying
from handlers.operating.replaying import CHUNK
from handlers.platforms import discover

BODY = (
    b'{"id": "ev-1", "version": 1, "eventName": "Spring \\u001b[2J Summit", "attendee": {"email": "ada@example.com"}}'
)
TOKEN = "operators-token-of-tests"
LISTS = ["notifications", "events", "attempts", "dead", "audit"]


class Operator:
    """Types commands on an inbox of its own."""

    def __init__(self, app):
        self.app = app
        self.marquee = app.extensions["marquee"]
        self.database = self.marquee.database
        self._writer = Writer(self.database, 0.0)

    def type(self, *words, **given):
        return self.app.test_cli_runner().invoke(args=[str(word) for word in words], **given)

    def told(self, *words):
        result = self.type(*words)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def asked(self, path):
        return self.app.test_client().get(path, headers={"Authorization": f"Bearer {TOKEN}"}).json

    def hear(self, event="ev-1", body=BODY, **other):
        return self._writer.store(Arrival("load", body, time.time(), "changed", event, **other)).notification

    def die(self, count=1, body=b'{"id": "late"}'):
        """Notifications that were refused at the door; by the present settings they make sense."""
        arrivals = [Arrival("load", body, time.time(), errors={"id": ["Missing."]}) for _ in range(count)]
        return [receipt.notification for receipt in self._writer.store_all(arrivals)]

    def trail(self, action):
        return audit.entries(self.database, audit.Wanted(action=action), 10)


@pytest.fixture
def operator(tmp_path, monkeypatch):
    (tmp_path / "sources.toml").write_text(SOURCES)
    monkeypatch.setenv("SOURCES_FILE", str(tmp_path / "sources.toml"))
    monkeypatch.setenv("DATABASE_URL", fresh_file(tmp_path))
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "sandbox")
    monkeypatch.setenv("OPERATOR_TOKEN", TOKEN)
    made = Operator(create_app(configure(discover())))
    yield made
    made.marquee.stop()


@pytest.mark.parametrize("name", LISTS)
def test_a_list_for_machines_is_what_the_api_answers(operator, name):
    operator.hear()
    operator.die(2)
    operator.type("pause", "load")
    assert operator.told(name, "--json") == operator.asked(f"/api/{name}")


def test_one_of_each_for_machines_is_what_the_api_answers(operator):
    number = operator.hear()
    assert operator.told("notification", number, "--json") == operator.asked(f"/api/notifications/{number}")
    assert operator.told("event", "load", "ev-1", "--json") == operator.asked("/api/events/load/ev-1")


def test_the_status_for_machines_is_what_the_api_answers(operator):
    operator.hear()
    told, asked = operator.told("status", "--json"), operator.asked("/api/status")
    assert {**told, "counted_at": None} == {**asked, "counted_at": None}


def test_filters_are_those_of_the_api(operator):
    operator.hear("ev-1")
    operator.hear("ev-2")
    items = operator.told("notifications", "--event", "ev-2", "--since", "2020-01-01T00:00:00Z", "--json")["items"]
    assert [item["event"] for item in items] == ["ev-2"]


def test_a_list_goes_on_where_it_says(operator):
    for number in range(3):
        operator.hear(f"ev-{number}")
    first = operator.type("events", "--limit", "2").output
    assert "There are more: --cursor 2" in first
    assert "ev-0" in operator.type("events", "--cursor", "2").output


@pytest.mark.parametrize("name", LISTS)
def test_an_empty_list_says_so(operator, name):
    result = operator.type(name)
    assert (result.exit_code, len(result.output.splitlines())) == (0, 1)


def test_what_came_from_outside_moves_no_cursor(operator):
    number = operator.hear(delivery_id="id")
    for words in (("notifications",), ("notification", number), ("event", "load", "ev-1"), ("events", "--json")):
        assert all(letter.isprintable() or letter == "\n" for letter in operator.type(*words).output)


def test_a_body_is_shown_without_persons(operator):
    shown = operator.type("notification", operator.hear()).output
    assert "Summit" in shown
    assert "ada@example.com" not in shown


def test_what_is_dead_is_told_with_how_to_mend_it(operator):
    operator.die(3)
    shown = operator.type("dead").output
    assert "Mend the sender" in shown
    assert "invalid" in shown


@pytest.mark.parametrize(
    "words",
    [
        ("notifications", "--outcome", "lost"),
        ("notifications", "--since", "yesterday"),
        ("notifications", "--limit", "0"),
        ("notifications", "--limit", "501"),
        ("attempts", "--status", "1000"),
        ("events", "--cursor", "x"),
        ("notification", "x"),
        ("event", "load"),
        ("replay",),
        ("replay", "1", "--source", "load"),
        ("replay", "--outcome", "pending"),
        ("purge",),
        ("purge", "--notification", "1", "--event", "load", "ev-1"),
    ],
)
def test_wrong_usage_is_said_so_and_nothing_is_done(operator, words):
    result = operator.type(*words)
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output


def test_a_fault_names_its_option(operator):
    assert "--since: Not a time with a zone" in operator.type("notifications", "--since", "yesterday").output


@pytest.mark.parametrize(
    "words",
    [
        *(("notification", "99"), ("attempt", "99"), ("event", "load", "ev-9"), ("event", "nobody", "ev-1")),
        *(("pause", "nobody"), ("resume", "nobody"), ("send-again", "load", "ev-9"), ("look-up", "load", "ev-9")),
        *(("purge", "--notification", "99", "--yes"), ("purge", "--event", "load", "ev-9", "--yes")),
    ],
)
def test_what_there_is_not_is_exit_status_1(operator, words):
    result = operator.type(*words)
    assert result.exit_code == 1, result.output
    assert result.output.startswith("Error: No such")


def test_a_platform_that_cannot_be_asked_is_said_so(operator):
    operator.hear()
    result = operator.type("look-up", "load", "ev-1")
    assert (result.exit_code, "cannot be asked" in result.output) == (1, True)


def test_sending_is_paused_and_goes_on_and_both_are_written_down(operator):
    operator.type("pause", "--detail", "the fair is moving")
    assert get_pause(operator.database).reason == "operator"
    assert "the fair is moving" in operator.type("status").output
    operator.type("resume")
    assert get_pause(operator.database) is None
    assert [(entry.action, entry.via) for entry in audit.entries(operator.database, audit.Wanted(), 9)] == [
        *(("resume", "command"), ("pause", "command"))
    ]


def test_one_source_is_paused_and_goes_on(operator):
    operator.type("pause", "load")
    assert held_sources(operator.database).keys() == {"load"}
    operator.type("resume", "load")
    assert held_sources(operator.database) == {}


def test_a_link_is_written_down_with_who_set_it(operator):
    operator.type("link", "load", "ev-1", "101")
    (entry,) = operator.trail("link")
    assert (entry.name, entry.via, entry.detail["objectId"]) == ("load/ev-1", "command", "101")


def test_an_event_is_sent_again(operator):
    operator.hear()
    assert operator.type("send-again", "load", "ev-1").exit_code == 0
    assert operator.trail("send_again")


def test_a_replay_counts_first_and_does_nothing_without_a_yes(operator):
    operator.die(2)
    result = operator.type("replay", "--outcome", "dead", input="n\n")
    assert result.exit_code == 1
    assert "2 notification(s) match" in result.output
    assert operator.trail("replay") == []


def test_a_dry_run_only_counts(operator):
    operator.die(2)
    result = operator.type("replay", "--outcome", "dead", "--dry-run")
    assert (result.exit_code, result.stdout) == (0, "2 notification(s) match.\n")
    assert operator.told("replay", "--outcome", "dead", "--dry-run", "--json")["matching"] == 2


def test_a_replay_lets_all_of_them_wait_again(operator):
    operator.die(2)
    result = operator.type("replay", "--outcome", "dead", "--yes")
    assert (result.exit_code, "2 of 2 wait to be looked at again" in result.stdout) == (0, True)
    assert {item["outcome"] for item in operator.told("notifications", "--json")["items"]} == {"pending"}


def test_one_notification_is_replayed_by_its_number(operator):
    number, _other = operator.die(2)
    assert operator.told("replay", number, "--yes", "--json") == {
        "matching": 1,
        "replayed": 1,
        "still_invalid": 0,
        "next": None,
    }


def test_a_replay_after_which_some_make_no_sense_still_is_exit_status_1(operator):
    operator.die(1)
    operator.die(1, b'{"no": "id"}')
    result = operator.type("replay", "--reason", "invalid", "--yes")
    assert (result.exit_code, "1 still make no sense" in result.stdout) == (1, True)


class Stops:
    """Stands for the actions, and has somebody press Ctrl-C after the first step."""

    def __init__(self, actions):
        self._actions = actions

    def __getattr__(self, name):
        return getattr(self._actions, name)

    def replay(self, *given):
        for step in self._actions.replay(*given):
            signal.raise_signal(signal.SIGINT)
            yield step


def test_ctrl_c_stops_a_replay_between_two_steps_and_it_goes_on_there(operator):
    operator.die(CHUNK + 3)
    before = signal.getsignal(signal.SIGINT)
    object.__setattr__(operator.marquee.desk, "actions", Stops(operator.marquee.actions))
    stopped = operator.type("replay", "--outcome", "dead", "--yes")
    assert stopped.exit_code == 1
    assert f"{CHUNK} of {CHUNK + 3} wait" in stopped.stdout
    assert "Stopped; go on with --cursor 4." in stopped.stdout
    assert signal.getsignal(signal.SIGINT) is before
    object.__setattr__(operator.marquee.desk, "actions", operator.marquee.actions)
    assert operator.type("replay", "--outcome", "dead", "--cursor", "4", "--yes").exit_code == 0
    assert operator.told("notifications", "--outcome", "dead", "--json")["items"] == []


def test_a_stop_is_written_down(operator):
    operator.die(CHUNK + 3)
    steps = operator.marquee.actions.replay(replaying.Wanted(outcome="dead"), replaying.commander())
    next(steps)
    steps.close()
    assert operator.trail("replay_stopped")[0].detail["done"] == CHUNK


def test_an_inbox_that_cannot_be_used_is_said_in_a_line(operator, tmp_path):
    operator.database.engine.dispose()
    (tmp_path / NAME).write_bytes(b"no database at all" * 1000)
    result = operator.type("notifications")
    assert (result.exit_code, result.output.startswith("Error: The database cannot be used")) == (1, True)


@pytest.mark.parametrize("name", [*LISTS, "status", "replay", "purge", "event", "notification", "attempt"])
def test_help_names_the_exit_statuses(operator, name):
    assert "exit status" in " ".join(operator.type(name, "--help").output.split())


@pytest.fixture
def told(operator):
    """An event of which HubSpot was told once, with its attempt's number."""
    operator.hear(body=b'{"id": "ev-1", "eventName": "B"}')
    call = {"batch": "b1", "sent_at": 1.0, "seconds": 0.25, "inputs": 1, "updated": 1, "failed": 0}
    with operator.database.write() as connection:
        number = connection.scalar(tables.attempt.insert().values(status=200, **call).returning(tables.attempt.c.id))
        said = {"attempt_id": number, "event_id": 1, "fields": {"eventName": "B"}, "result": "confirmed"}
        connection.execute(tables.told.insert().values(said))
        state = {"event_id": 1, "fields": {"eventName": "B"}, "stamps": {}, "version": 1, "published": True}
        connection.execute(tables.state.insert().values(state))
    return number


def test_a_call_is_shown_with_what_it_said_of_which_event(operator, told):
    shown = operator.type("attempt", told).output
    assert '{"eventName": "B"}' in shown
    assert "0.25" in shown
    assert operator.told("attempt", told, "--json") == operator.asked(f"/api/attempts/{told}")
    assert "b1" in operator.type("attempts", "--status", "200").output


def test_an_event_is_shown_with_what_was_told_of_it(operator, told):
    shown = operator.type("event", "load", "ev-1").output
    assert 'eventName: "B"' in shown
    assert "confirmed" in shown
