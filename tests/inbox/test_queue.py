"""Taking changed events, and writing down what became of them."""

import pytest
from inboxes import NOON, arrival, outcomes, queue
from sqlalchemy import select

from handlers.inbox import queue as queue_module
from handlers.inbox import tables
from handlers.inbox.due import LONGEST, NEWEST
from handlers.inbox.lease import LeadLost, Lease
from handlers.inbox.queue import _CHANGED, CHUNK, LOOK, Attempt, Link, Outcome, Queue, Settlement, State
from handlers.inbox.writer import Writer

ATTEMPT = Attempt("b-1", NOON, 0.1, 200, None, "COMPLETE", 1, 1, 0, "c-1")


@pytest.fixture
def writer(database):
    return Writer(database, debounce=1.0)


def sent(changed, number, **other):
    return Settlement(changed, [Outcome(number, NOON, "sent")], state=State({"eventName": "A"}, {}, 1, False), **other)


def take(inbox, moment=NOON + 1):
    (changed,) = inbox.take(moment, 10, ())
    return changed


def test_an_event_is_not_taken_before_it_is_due(database, writer):
    writer.store(arrival())
    assert queue(database).take(NOON + 0.9, 10, ()) == []


def test_an_event_in_hand_is_not_taken_twice(database, writer):
    writer.store(arrival())
    inbox = queue(database)
    assert inbox.take(NOON + 1, 10, {take(inbox).id}) == []


def test_the_longest_due_is_taken_first(database, writer):
    writer.store(arrival("late", received_at=NOON + 5))
    writer.store(arrival("early"))
    assert [c.external_id for c in queue(database).take(NOON + 9, 1, ())] == ["early"]


def backlog(database, count, due_at=NOON):
    """So many events that wait to be sent, each due a second after the one before."""
    rows = [{"source": "tickets", "external_id": str(n), "changes": 1, "due_at": due_at + n} for n in range(count)]
    with database.write() as connection:
        connection.execute(tables.event.insert(), rows)


def numbers(taken):
    return [int(changed.external_id) for changed in taken]


def test_of_a_large_backlog_a_third_is_what_became_due_last_and_the_rest_what_waits_the_longest(database):
    backlog(database, 1000)
    assert numbers(queue(database).take(NOON + 2000, 9, ())) == [0, 1, 2, 3, 4, 5, 997, 998, 999]


def test_of_a_small_backlog_each_is_taken_once(database):
    backlog(database, 7)
    inbox = queue(database)
    assert [numbers(inbox.take(NOON + 2000, limit, ())) for limit in (7, 9)] == [list(range(7))] * 2


def test_what_is_in_hand_is_passed_over_at_both_ends(database):
    backlog(database, 100)
    inbox, in_hand, taken = queue(database), set(), []
    while lot := inbox.take(NOON + 2000, 9, in_hand):
        in_hand |= {changed.id for changed in lot}
        taken += numbers(lot)
    assert sorted(taken) == list(range(100))
    assert taken[9:12] == [6, 7, 8]


def test_what_changes_now_is_taken_at_once_however_much_waits(database, writer):
    backlog(database, 1000, due_at=NOON - 5000)
    writer.store(arrival("fresh"))
    assert "fresh" in {changed.external_id for changed in queue(database).take(NOON + 1, 9, ())}


@pytest.mark.parametrize("query", [LONGEST, NEWEST])
@pytest.mark.sqlite
def test_choosing_reads_the_index_alone_and_neither_scans_nor_sorts_the_backlog(database, query):
    backlog(database, 1000)
    with database.read() as connection:
        sql = f"EXPLAIN QUERY PLAN {query.compile(connection)}"
        plan = [row[3] for row in connection.exec_driver_sql(sql, (NOON, 9, 0))]
    assert plan == ["SEARCH event USING COVERING INDEX event_due (due_at<?)"]


@pytest.mark.sqlite
def test_loading_what_was_chosen_reads_no_other_event(database):
    with database.read() as connection:
        sql = _CHANGED.where(tables.event.c.id.in_([1, 2])).compile(connection, compile_kwargs={"literal_binds": True})
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]
    assert [step.partition(" ")[0] for step in plan] == ["SEARCH"] * 3


def test_waiting_notifications_come_in_the_order_of_their_arrival_in_chunks(database, writer):
    for n in range(CHUNK + 1):
        writer.store(arrival(body=str(n).encode()))
    inbox = queue(database)
    chunks = list(inbox.pending(take(inbox).id))
    assert [len(chunk) for chunk in chunks] == [CHUNK, 1]
    assert [int(p.body) for chunk in chunks for p in chunk] == list(range(CHUNK + 1))


def test_a_settled_event_is_due_no_more_and_its_notification_has_its_outcome(database, writer):
    writer.store(arrival())
    inbox = queue(database)
    inbox.settle([sent(take(inbox), 1)], NOON + 2, ATTEMPT)
    assert inbox.take(NOON + 99, 10, ()) == []
    assert outcomes(database) == [("sent", None)]


def test_an_event_that_changed_while_it_was_sent_is_taken_again_after_the_debounce(database, writer):
    writer.store(arrival())
    inbox = queue(database)
    changed = take(inbox)
    writer.store(arrival())
    inbox.settle([sent(changed, 1)], NOON + 2, ATTEMPT)
    assert inbox.take(NOON + 2.9, 10, ()) == []
    assert take(inbox, NOON + 3).state.fields == {"eventName": "A"}
    assert outcomes(database) == [("sent", None), ("pending", None)]


def test_an_outcome_once_written_stays(database, writer):
    writer.store(arrival())
    inbox = queue(database)
    changed = take(inbox)
    inbox.settle([sent(changed, 1)], NOON + 2, ATTEMPT)
    inbox.settle([Settlement(changed, [Outcome(1, NOON, "dead", "late")])], NOON + 3)
    assert outcomes(database) == [("sent", None)]


def test_what_is_put_off_keeps_since_when_it_waits_and_counts_its_tries(database, writer):
    writer.store(arrival())
    inbox = queue(database)
    changed = take(inbox)
    inbox.settle(
        [Settlement(changed, retry_at=NOON + 60, waits_for="not_in_hubspot", missing_since=NOON + 1)], NOON + 2
    )
    assert inbox.take(NOON + 59, 10, ()) == []
    again = take(inbox, NOON + 60)
    assert (again.changed_at, again.tries, again.missing_since) == (NOON, 1, NOON + 1)


def test_before_a_call_the_new_link_is_kept(database, writer):
    writer.store(arrival())
    inbox = queue(database)
    changed = take(inbox)
    assert inbox.doubt({changed.id: Link("123", "hubspot")}, {changed.id: {"eventName"}}) == set()
    assert take(inbox).link == Link("123", "hubspot", {})


def test_one_marketing_event_cannot_stand_for_two_events(database, writer):
    writer.store(arrival("a"))
    writer.store(arrival("b"))
    inbox = queue(database)
    first, second = inbox.take(NOON + 1, 10, ())
    links = {first.id: Link("123", "hubspot"), second.id: Link("123", "hubspot")}
    assert inbox.doubt(links, {}) == {second.id}


@pytest.mark.rule(24)
def test_before_a_call_what_was_confirmed_of_the_fields_being_sent_is_forgotten(database, writer):
    writer.store(arrival())
    inbox = queue(database)
    changed = take(inbox)
    inbox.doubt({changed.id: Link("123", "hubspot")}, {})
    inbox.settle([sent(take(inbox), 1, confirmed={"eventName": "A", "eventUrl": "u"})], NOON + 2, ATTEMPT)
    writer.store(arrival())
    inbox.doubt({}, {changed.id: {"eventName"}})
    assert take(inbox, NOON + 9).link.confirmed == {"eventUrl": "u"}


def test_a_worker_that_lost_the_lead_settles_nothing(database, writer):
    writer.store(arrival())
    inbox = queue(database)
    changed = take(inbox)
    with database.write() as connection:
        connection.execute(tables.lease.update().values(holder="another", fence=99))
    with pytest.raises(LeadLost):
        inbox.settle([sent(changed, 1)], NOON + 2, ATTEMPT)
    assert outcomes(database) == [("pending", None)]


def test_a_worker_that_lost_the_lead_announces_no_call(database, writer):
    inbox = Queue(database, Lease(database), 1.0)
    inbox.lease.fence = 7
    with pytest.raises(LeadLost):
        inbox.doubt({}, {})


@pytest.mark.rule(24)
def test_an_attempt_is_kept_with_the_notifications_it_settled(database, writer):
    writer.store(arrival())
    inbox = queue(database)
    inbox.settle([sent(take(inbox), 1)], NOON + 2, ATTEMPT)
    column = tables.attempt.c
    assert database.rows(select(column.batch, column.status, column.correlation_id)) == [("b-1", 200, "c-1")]
    assert database.rows(select(tables.notification.c.attempt_id)) == [(1,)]


def test_a_marketing_event_that_is_no_more_is_unlinked(database, writer):
    writer.store(arrival())
    inbox = queue(database)
    changed = take(inbox)
    inbox.doubt({changed.id: Link("123", "hubspot")}, {})
    inbox.settle([Settlement(changed, [Outcome(1, NOON, "dead", "not_in_hubspot")], unlink=True)], NOON + 2)
    writer.store(arrival())
    assert take(inbox, NOON + 9).link is None


def test_one_look_finds_what_waits_for_several_events(database):
    writer, line = Writer(database, debounce=1.0), queue(database)
    for number in range(6):
        writer.store(arrival(f"ev-{number % 3}", body=b"%d" % number))
    first, second, third = (changed.id for changed in line.take(NOON + 2, 10, ()))
    found = line.pending_of([first, second, third])
    assert {event: [one.body for one in waiting] for event, waiting in found.items()} == {
        first: [b"0", b"3"],
        second: [b"1", b"4"],
        third: [b"2", b"5"],
    }


def test_an_event_with_nothing_waiting_is_found_with_nothing(database):
    writer, line = Writer(database, debounce=1.0), queue(database)
    writer.store(arrival())
    [changed] = line.take(NOON + 2, 10, ())
    line.settle([Settlement(changed, [Outcome(1, NOON, "sent")])], NOON + 3)
    assert line.pending_of([changed.id]) == {changed.id: []}


def test_a_look_that_does_not_reach_all_leaves_out_the_event_at_which_it_ends(database):
    writer, line = Writer(database, debounce=1.0), queue(database)
    for number in range(LOOK + 50):
        writer.store(arrival("ev-0" if number < 3 else "ev-1"))
    few, many = sorted(changed.id for changed in line.take(NOON + 2, 10, ()))
    found = line.pending_of([few, many])
    assert (len(found[few]), many in found) == (3, False)
    assert sum(len(chunk) for chunk in line.pending(many)) == LOOK + 47


@pytest.mark.sqlite
def test_what_was_settled_long_ago_costs_no_look_for_what_waits(database):
    statements = [
        queue_module._PENDING.where(queue_module._note.event_id.in_([1, 2])).limit(9),
        queue_module._PENDING.where(queue_module._note.event_id == 1, queue_module._note.id > 5).limit(9),
    ]
    for statement in statements:
        sql = statement.compile(database.engine, compile_kwargs={"literal_binds": True})
        with database.read() as connection:
            plan = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]
        assert any("notification_pending" in step for step in plan)
