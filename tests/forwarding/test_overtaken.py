"""What was under way when the lead was lost: it settles nothing, and goes out again once it can do no more harm."""

import pytest
from sqlalchemy import select

from handlers.errors import InboxUnavailable
from handlers.forwarding.jobs import Job, Jobs, Kind
from handlers.forwarding.overtaken import Overtaken
from handlers.forwarding.pacer import Pacer, Withdrawn
from handlers.inbox import tables
from handlers.inbox.lease import LeadLost, current_term, term


class Watch:
    seconds = 0.0

    def __call__(self):
        return self.seconds


class Ends:
    """What a job came to."""

    def __init__(self):
        self.of = []

    def job(self, call=lambda: "done", kind=Kind.UPDATE, events=(1, 2)):
        return Job(kind, frozenset(events), call, self.of.append, self.of.append)


@pytest.fixture
def ends():
    return Ends()


@pytest.fixture
def jobs():
    made = Jobs(2, {})
    yield made
    made.close()


def lose():
    raise LeadLost("one")


def test_a_call_is_made_in_the_term_in_which_it_was_started(jobs, ends):
    with term(3):
        jobs.start(ends.job(current_term))
        assert jobs.collect(5) == set()
    assert ends.of == [3]


@pytest.mark.parametrize("later", [4, None])
def test_what_a_call_of_an_earlier_term_came_to_counts_for_nothing(jobs, ends, later):
    with term(3):
        jobs.start(ends.job())
    with term(later):
        assert jobs.collect(5) == {1, 2}
    assert ends.of == []
    assert jobs.overtakable == {1, 2}


def test_what_only_asked_overtakes_nothing(jobs, ends):
    with term(3):
        jobs.start(ends.job(kind=Kind.LOOK_UP))
    assert jobs.collect(5) == {1, 2}
    assert jobs.overtakable == set()


def test_a_delivery_that_found_the_lead_lost_may_have_overtaken(jobs, ends):
    jobs.start(ends.job(lose))
    with pytest.raises(LeadLost):
        jobs.collect(5)
    assert jobs.overtakable == {1, 2}


def test_who_leads_no_more_begins_no_call(ends):
    asked = []
    jobs = Jobs(1, {}, lambda: False)
    jobs.start(ends.job(lambda: asked.append(1)))
    assert jobs.collect(5) == {1, 2}
    jobs.close()
    assert asked == ends.of == []


def test_what_is_about_no_event_is_no_matter_of_the_lead(ends):
    jobs = Jobs(1, {}, lambda: False)
    jobs.start(ends.job(events=()))
    jobs.collect(5)
    jobs.close()
    assert ends.of == ["done"]


def test_a_call_that_was_withdrawn_is_nobodys_fault(jobs, ends):
    def withdraw():
        raise Withdrawn

    jobs.start(ends.job(withdraw))
    assert jobs.collect(5) == {1, 2}
    assert ends.of == []
    assert jobs.overtakable == set()


def test_a_place_in_the_line_is_worth_nothing_when_the_lead_is_lost():
    pacer = Pacer(may_call=lambda: False)
    with pytest.raises(Withdrawn):
        pacer.wait()
    assert pacer.window.in_flight == 0


def kept(database):
    with database.write() as connection:
        row = {"source": "own", "external_id": "ev-1", "changes": 1}
        number = connection.scalar(tables.event.insert().values(row).returning(tables.event.c.id))
        link = {"event_id": number, "object_id": "101", "found_by": "hubspot", "confirmed": {"eventName": "A"}}
        connection.execute(tables.link.insert().values(link))
    return number


def standing(database):
    query = select(tables.event.c.changes, tables.event.c.due_at.is_not(None), tables.link.c.confirmed)
    return tuple(database.rows(query.join_from(tables.event, tables.link))[0])


def test_it_is_sent_again_in_full_once_no_call_of_that_time_is_open(database):
    watch, number = Watch(), kept(database)
    overtaken = Overtaken(database, 30.0, watch)
    overtaken.note([number])
    watch.seconds = 29.0
    overtaken.tell()
    assert standing(database) == (1, False, {"eventName": "A"})
    watch.seconds = 30.0
    overtaken.tell()
    overtaken.tell()
    assert standing(database) == (2, True, {})


def test_who_stops_tells_at_once(database):
    overtaken, number = Overtaken(database, 30.0, Watch()), kept(database)
    overtaken.note([number])
    overtaken.note([])
    overtaken.tell(at_once=True)
    assert standing(database) == (2, True, {})


def test_what_could_not_be_told_is_told_the_next_time(database, monkeypatch):
    overtaken, number = Overtaken(database, 0.0, Watch()), kept(database)
    overtaken.note([number])

    def cut():
        raise InboxUnavailable("cut")

    monkeypatch.setattr(database, "write", cut)
    with pytest.raises(InboxUnavailable):
        overtaken.tell()
    monkeypatch.undo()
    overtaken.tell()
    assert standing(database) == (2, True, {})
