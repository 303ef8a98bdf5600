"""Marketing events are made once, and never again before HubSpot was asked whether they are there."""

from datetime import UTC

import pytest
from inboxes import NOON, arrival, outcomes
from prometheus_client import CollectorRegistry
from replies import error, reply
from sqlalchemy import select

from handlers.forwarding.creating import Creator
from handlers.forwarding.creations import Newcomer
from handlers.forwarding.merging import Merged, Seen
from handlers.forwarding.outgoing import Reply
from handlers.forwarding.waits import Pause
from handlers.inbox import tables
from handlers.inbox.lease import LeadLost, Lease
from handlers.inbox.links import link
from handlers.inbox.queue import Queue
from handlers.inbox.writer import Writer
from handlers.metrics import Metrics

LATER = NOON + 700


class HubSpot:
    """Makes what it is told, unless `answer` (a function of the inputs) says otherwise; looks into the inbox meanwhile."""

    def __init__(self, database):
        self.database = database
        self.answer = lambda entries: None
        self.told = []
        self.waits = []

    def upsert(self, entries):
        self.told.append([entry["externalEventId"] for entry in entries])
        self.waits.append(waits(self.database))
        made = [
            {"objectId": f"10{entry['externalEventId'][3:]}", "eventName": entry["eventName"], "eventOrganizer": "Acme"}
            for entry in entries
        ]
        return self.answer(entries) or reply(200, {"status": "COMPLETE", "results": made})


class Workshop:
    """A creator on a real inbox, with newcomers whose grace is over."""

    def __init__(self, database):
        self.database = database
        self.lease = Lease(database)
        assert self.lease.hold()
        self.queue = Queue(database, self.lease, 1.0)
        self.hubspot = HubSpot(database)
        self.may_send = True
        self.creator = Creator(
            self.queue,
            self.hubspot,
            lambda: self.may_send,
            lambda settlements, attempt: self.queue.settle(settlements, LATER, attempt),
            UTC,
            Metrics(CollectorRegistry()),
            lambda: LATER,
        )

    def newcomers(self, count=1, in_doubt=()):
        """Events that were heard of and missed since noon; those `in_doubt` by number may be there already."""
        for number in range(1, count + 1):
            Writer(self.database, 0.0).store(arrival(f"ev-{number}"))
        doubt = {"missing_since": NOON, "waits_for": "creating"}
        with self.database.write() as connection:
            connection.execute(tables.event.update().values(missing_since=NOON))
            connection.execute(tables.event.update().where(tables.event.c.id.in_(in_doubt)).values(**doubt))
        return [self._newcomer(changed) for changed in self.queue.take(LATER, 100, ())]

    def _newcomer(self, changed):
        (pending,) = [one for chunk in self.queue.pending(changed.id) for one in chunk]
        merged = Merged(changed, changed.state, newest=Seen(pending.id, pending.received_at))
        return Newcomer(merged, "acme", {"eventName": changed.external_id, "eventOrganizer": "Acme"})


@pytest.fixture
def shop(database):
    return Workshop(database)


def waits(database):
    column = tables.event.c
    rows = database.rows(select(column.waits_for, column.missing_since, column.due_at).order_by(column.id))
    return [tuple(row) for row in rows]


def made(database):
    column = tables.link.c
    rows = database.rows(select(column.object_id, column.found_by, column.confirmed).order_by(column.event_id))
    return [tuple(row) for row in rows]


def test_many_are_made_in_one_call_linked_and_confirmed(shop):
    assert shop.creator.create(shop.newcomers(3)) is None
    assert shop.hubspot.told == [["ev-1", "ev-2", "ev-3"]]
    assert outcomes(shop.database) == [("sent", None)] * 3
    assert made(shop.database) == [
        (f"10{number}", "created", {"eventName": f"ev-{number}", "eventOrganizer": "Acme"}) for number in (1, 2, 3)
    ]


@pytest.mark.rule(20)
def test_the_inbox_hears_of_the_doubt_before_hubspot_hears_of_the_event(shop):
    shop.creator.create(shop.newcomers())
    assert shop.hubspot.waits == [[("creating", LATER, LATER + 10)]]
    assert waits(shop.database) == [(None, None, None)]


@pytest.mark.rule(20)
@pytest.mark.rule(20)
@pytest.mark.parametrize("answer", [Reply(None, fault="read_timeout"), Reply(None, fault="reset"), reply(503)])
def test_after_an_unclear_answer_the_grace_begins_anew(shop, answer):
    shop.hubspot.answer = lambda entries: answer
    assert isinstance(shop.creator.create(shop.newcomers()), Pause)
    assert [row[:2] for row in waits(shop.database)] == [("creating", LATER)]
    assert outcomes(shop.database) == [("pending", None)]


@pytest.mark.rule(20)
def test_after_a_crash_in_the_call_the_doubt_is_still_known(shop):
    def crash(entries):
        raise KeyboardInterrupt

    shop.hubspot.answer = crash
    with pytest.raises(KeyboardInterrupt):
        shop.creator.create(shop.newcomers())
    (changed,) = shop.queue.take(LATER + 10, 10, ())
    assert (changed.waits_for, changed.missing_since) == ("creating", LATER)


@pytest.mark.parametrize("answer", [Reply(None, fault="refused"), reply(429), reply(401), reply(403), reply(477)])
def test_what_was_surely_not_made_may_be_made_as_soon_as_sending_goes_on(shop, answer):
    shop.hubspot.answer = lambda entries: answer
    assert isinstance(shop.creator.create(shop.newcomers()), Pause)
    assert waits(shop.database) == [("not_in_hubspot", NOON, LATER)]


def test_a_bad_one_is_found_by_halves_and_holds_up_no_other(shop):
    bad = reply(400, {"category": "VALIDATION_ERROR", "message": "words"})
    shop.hubspot.answer = lambda entries: bad if "ev-3" in [entry["externalEventId"] for entry in entries] else None
    assert shop.creator.create(shop.newcomers(4)) is None
    assert [reason for _, reason in outcomes(shop.database)] == [None, None, "rejected_by_hubspot", None]
    assert shop.hubspot.told == [["ev-1", "ev-2", "ev-3", "ev-4"], ["ev-1", "ev-2"], ["ev-3"], ["ev-4"]]


@pytest.mark.rule(20)
@pytest.mark.rule(20)
def test_what_a_200_does_not_tell_is_looked_up_and_not_made_again(shop):
    alike = [{"objectId": "1", "eventName": "x"}, {"objectId": "2", "eventName": "x"}]
    shop.hubspot.answer = lambda entries: reply(200, {"status": "COMPLETE", "results": alike, "errors": [error("")]})
    assert shop.creator.create(shop.newcomers(2)) is None
    assert len(shop.hubspot.told) == 1
    assert waits(shop.database) == [("creating", LATER, LATER)] * 2


def test_one_in_doubt_goes_alone_so_that_the_answer_is_about_it(shop):
    shop.creator.create(shop.newcomers(3, in_doubt=[2]))
    assert sorted(shop.hubspot.told) == [["ev-1", "ev-3"], ["ev-2"]]


def test_one_that_turns_out_to_stand_for_another_event_is_dead(shop):
    newcomers = shop.newcomers()
    link(shop.database, "tickets", "other", "101", NOON)
    shop.creator.create(newcomers)
    assert outcomes(shop.database) == [("dead", "linked_elsewhere")]


def test_a_worker_that_leads_no_more_makes_nothing_and_leaves_no_doubt(shop):
    newcomers = shop.newcomers()
    shop.may_send = False
    assert shop.creator.create(newcomers) is None
    assert (shop.hubspot.told, waits(shop.database)[0][0]) == ([], None)


def test_a_worker_that_lost_the_lead_unawares_makes_nothing(shop):
    newcomers = shop.newcomers()
    with shop.database.write() as connection:
        connection.execute(tables.lease.update().values(fence=99))
    with pytest.raises(LeadLost):
        shop.creator.create(newcomers)
    assert shop.hubspot.told == []


@pytest.mark.rule(25)
def test_each_call_is_kept_for_the_operator_and_logged_without_its_content(shop, capsys):
    shop.creator.create(shop.newcomers(2))
    columns = tables.attempt.c
    rows = shop.database.rows(select(columns.status, columns.inputs, columns.updated, columns.failed))
    assert [tuple(row) for row in rows] == [(200, 2, 2, 0)]
    line = capsys.readouterr().out
    assert "hubspot.upsert" in line
    assert "Acme" not in line
