"""Asking platforms back: no more often than needed, nobody but the source's own host, and each fault by its name."""

from contextlib import suppress
from threading import Barrier, Event, Thread

import orjson
import pytest
from prometheus_client import CollectorRegistry
from recorded import PLATFORMS, answer, source

from handlers.errors import LookUpFailed
from handlers.forwarding import hydrator
from handlers.forwarding.hydrator import FORGET_SECONDS, Guest, guests
from handlers.forwarding.lane import Lane
from handlers.forwarding.outgoing import Reply
from handlers.forwarding.spacing import Spacing
from handlers.forwarding.visiting import Visitor
from handlers.metrics import Metrics
from handlers.platform import Answer, Found, Get, Gone, Skipped
from handlers.platform import Api as PlatformApi

PARENT = "/api/v1/organizers/acme/events/tour/"
DATES = (f"{PARENT}subevents/1/", f"{PARENT}subevents/2/")


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Api:
    """A platform's API by a table of its paths; what is not there is answered with 404. `meanwhile` is done in each call."""

    def __init__(self, table=None, base_url="https://tickets.example", meanwhile=lambda: None):
        self.base_url = base_url
        self.table = table or {}
        self.meanwhile = meanwhile
        self.calls = []

    @property
    def paths(self):
        return [path for _method, path, _params, _headers in self.calls]

    def call(self, method, path, *, params=None, content=None, headers=None):
        assert content is None
        self.calls.append((method, path, dict(params or {}), dict(headers or {})))
        self.meanwhile()
        return self.table.get(path, Reply(404))


def ask_once(external_id, _source):
    """Finds whatever one question finds."""
    said = yield Get(f"/{external_id}", expects=frozenset({200, 404}))
    return Found({"eventName": said.body["name"]}, said.body) if said.status == 200 else Gone()


def ok(body):
    return Reply(200, body=body if isinstance(body, bytes) else orjson.dumps(body))


def guest(api, look_up=ask_once, clock=None, authorization="Token t"):
    opened = PlatformApi(api.base_url, {"Authorization": authorization})
    visitor = Visitor("box", opened, api, Lane(Spacing(1000.0)), Metrics(CollectorRegistry()))
    return Guest(source("pretix"), look_up, visitor, clock or Clock())


def visiting(sources):
    return guests(PLATFORMS, sources, lambda base_url: Api(base_url=base_url), Metrics(CollectorRegistry()))


def reason_of(visit):
    with pytest.raises(LookUpFailed) as caught:
        visit.look_up("a", since=0)
    return caught.value.reason


def started(visit, *, since, found):
    """A thread that looks up and adds what it found."""
    thread = Thread(target=lambda: found.append(visit.look_up("a", since)))
    thread.start()
    return thread


def test_what_the_questions_lead_to_is_found():
    assert guest(Api({"/a": ok({"name": "Gala"})})).look_up("a", since=0).fields == {"eventName": "Gala"}


def test_an_expected_refusal_is_an_answer_without_a_body():
    def look_up(_external_id, _source):
        said = yield Get("/a", expects=frozenset({200, 403}))
        return Skipped("none") if said == Answer(403, {}) else Gone()

    api = Api({"/a": Reply(403, body=b'{"detail": "words"}')})
    assert guest(api, look_up).look_up("a", since=0) == Skipped("none")


def test_a_question_is_asked_as_it_is_put():
    def look_up(external_id, _source):
        yield Get("/list", {"page": "2"}, frozenset({404}))
        return Gone()

    api = Api()
    guest(api, look_up).look_up("a", since=0)
    assert api.calls == [("GET", "/list", {"page": "2"}, {"Authorization": "Token t", "Accept": "application/json"})]


def test_one_answer_serves_all_who_ask_since_the_same_moment():
    api = Api({"/a": ok({"name": "Gala"})})
    visit = guest(api)
    assert visit.look_up("a", since=999) == visit.look_up("a", since=999)
    assert api.paths == ["/a"]


def test_the_dates_of_a_series_share_one_question_about_their_parent():
    date = answer("pretix", "date")
    api = Api({PARENT: ok(answer("pretix", "event")), DATES[0]: ok(date), DATES[1]: ok(date)})
    visit = guest(api, PLATFORMS["pretix"].look_up)
    for number in (1, 2):
        assert isinstance(visit.look_up(f"acme:tour:{number}", since=0), Found)
    shared = [PARENT, f"{PARENT}settings/", "/api/v1/organizers/acme/"]
    assert sorted(api.paths) == sorted([*shared, *DATES])


def test_the_same_path_with_other_parameters_is_another_question():
    def look_up(_external_id, _source):
        first = yield Get("/list", {"page": "1"}, frozenset({404}))
        yield Get("/list", {"page": "2"}, frozenset({first.status}))
        return Gone()

    api = Api()
    guest(api, look_up).look_up("a", since=0)
    assert [params for _method, _path, params, _headers in api.calls] == [{"page": "1"}, {"page": "2"}]


@pytest.mark.parametrize(("since", "calls"), [(999.9, 1), (1000.0, 2), (1000.1, 2)])
def test_an_answer_asked_for_before_the_change_is_asked_for_again(since, calls):
    api, clock = Api(), Clock()
    visit = guest(api, clock=clock)
    visit.look_up("a", since=0)
    clock.now += 5
    visit.look_up("a", since)
    assert len(api.calls) == calls


def test_an_answer_is_as_old_as_its_question():
    clock = Clock()
    api = Api(meanwhile=lambda: setattr(clock, "now", clock.now + 10))
    visit = guest(api, clock=clock)
    visit.look_up("a", since=0)
    visit.look_up("a", since=1005)
    assert len(api.calls) == 2


def test_a_fault_is_not_remembered():
    api = Api({"/a": Reply(500)})
    visit = guest(api)
    reason_of(visit)
    api.table["/a"] = ok({"name": "Gala"})
    assert visit.look_up("a", since=0).fields == {"eventName": "Gala"}


def test_old_answers_are_forgotten():
    api, clock = Api(), Clock()
    visit = guest(api, clock=clock)
    visit.look_up("a", since=0)
    clock.now += FORGET_SECONDS
    visit.look_up("b", since=0)
    visit.look_up("a", since=0)
    assert api.paths == ["/a", "/b", "/a"]
    assert len(visit._asked) == 2


def test_of_large_answers_only_as_many_are_remembered_as_memory_should_hold(monkeypatch):
    monkeypatch.setattr(hydrator, "MOST_BYTES", 250)
    api, clock = Api({f"/{name}": ok({"name": "x" * 80}) for name in "abcde"}), Clock()
    visit = guest(api, clock=clock)
    for name in "abcde":
        clock.now += 1
        visit.look_up(name, since=0)
    visit.look_up("f", since=0)
    assert [path for path, _params in visit._asked] == ["/d", "/e", "/f"]


def test_a_page_that_nobody_else_asks_for_is_asked_each_time_and_never_remembered():
    api = Api({"/a": ok({"name": "Gala"})})
    visit = guest(api)
    for _ in range(2):
        assert visit.follow(ask_once("a", None), None).fields == {"eventName": "Gala"}
    assert (api.paths, visit._asked) == (["/a", "/a"], {})


def test_two_threads_with_the_same_question_cost_one_call():
    together, found = Barrier(2, timeout=10), []

    def look_up(external_id, source):
        together.wait()
        return (yield from ask_once(external_id, source))

    api = Api({"/a": ok({"name": "Gala"})})
    visit = guest(api, look_up)
    threads = [started(visit, since=0, found=found) for _ in range(2)]
    for thread in threads:
        thread.join(10)
    assert (len(found), len(api.calls)) == (2, 1)


def test_who_asks_while_the_question_is_under_way_waits_for_its_answer_however_long_it_takes():
    called, go_on, found, clock = Event(), Event(), [], Clock()

    def wait():
        called.set()
        assert go_on.wait(10)

    api = Api({"/a": ok({"name": "Gala"})}, meanwhile=wait)
    visit = guest(api, clock=clock)
    first = started(visit, since=0, found=found)
    assert called.wait(10)
    clock.now += 2 * FORGET_SECONDS
    second = started(visit, since=0, found=found)
    second.join(0.1)
    assert found == []
    go_on.set()
    first.join(10)
    second.join(10)
    assert (len(found), len(api.calls)) == (2, 1)


def test_another_question_need_not_wait():
    called, go_on, found = Event(), Event(), []

    def wait():
        called.set()
        if api.paths == ["/a"]:
            assert go_on.wait(10)

    api = Api(meanwhile=wait)
    visit = guest(api)
    thread = started(visit, since=0, found=found)
    assert called.wait(10)
    assert visit.look_up("b", since=0) == Gone()
    assert found == []
    go_on.set()
    thread.join(10)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (None, "platform_unreachable"),
        (401, "platform_refuses_token"),
        (403, "platform_refuses_event"),
        (302, "platform_redirects"),
        (400, "platform_unexpected_status"),
        (410, "platform_unexpected_status"),
        (429, "platform_throttles"),
        (500, "platform_unavailable"),
        (503, "platform_unavailable"),
    ],
)
def test_an_unexpected_status_is_a_fault_of_the_look_up(status, reason):
    assert reason_of(guest(Api({"/a": Reply(status)}))) == reason


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"name": ', b"[]", b'"text"', b"null", b'{"a": NaN}', b'"\xff"'])
def test_what_is_not_a_json_object_is_a_fault_of_the_look_up(body):
    assert reason_of(guest(Api({"/a": ok(body)}))) == "platform_unreadable"


def test_only_sources_on_thin_platforms_have_a_guest():
    sources = {"own": source("generic"), "office": source("pretix"), "brite": source("eventbrite")}
    assert set(visiting(sources)) == {"office", "brite"}


def test_a_token_goes_to_its_own_sources_host_only():
    sources = {"one": source("pretix", api_token="token-1"), "brite": source("eventbrite")}
    sources["two"] = source("pretix", api_token="token-2", api_url="https://other.example")
    visits = visiting(sources)
    for name, external_id in (("one", "acme:a:1"), ("two", "acme:a:1"), ("brite", "1")):
        with suppress(LookUpFailed):
            visits[name].look_up(external_id, since=0)
    told = {
        api.base_url: {headers["Authorization"] for _method, _path, _params, headers in api.calls}
        for api in (visit.visitor.outgoing for visit in visits.values())
    }
    assert told == {
        "https://pretix.example": {"Token token-1"},
        "https://other.example": {"Token token-2"},
        "https://www.eventbriteapi.com": {"Bearer private-token"},
    }
