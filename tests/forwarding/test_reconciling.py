"""Comparing with a platform's list on a real inbox: what differs is asked about, once, whatever befalls the run."""

import pytest
from listing import OVER, ListingBench, LookUpFailed, found, names
from sqlalchemy import func, select

from handlers.errors import InboxUnavailable, InvalidNotification
from handlers.forwarding.reconciling import MOST_PAGES
from handlers.inbox import reconciliations, tables
from handlers.inbox.reconciliations import CLAIM_SECONDS, ClaimLost, Run
from handlers.platform import Found, Listed, Page, Skipped


@pytest.fixture
def bench(database):
    return ListingBench(database)


def hints(bench):
    note = tables.notification.c
    return bench.database.rows(select(func.count()).where(note.action == "marquee.hint"))[0][0]


def counts(result):
    return result.listed, result.differing, result.missing, result.doubted


def test_events_that_nobody_told_of_end_in_hubspot(bench):
    bench.sell(*names(7))
    assert counts(bench.compare()) == (7, 7, 0, False)
    bench.work(5)
    assert {name: bench.shown(name)["eventName"] for name in names(7)} == {name: name for name in names(7)}


def test_a_second_run_finds_nothing_and_asks_nobody(bench):
    bench.sell(*names(7))
    bench.compare()
    bench.work(5)
    before = hints(bench), len(bench.office.asked), len(bench.account.told)
    assert counts(bench.compare()) == (7, 0, 0, False)
    bench.work(5)
    assert (hints(bench), len(bench.office.asked), len(bench.account.told)) == before


def test_a_change_that_nobody_told_of_is_sent(bench):
    bench.sell(*names(4))
    bench.compare()
    bench.work(5)
    bench.office.found["acme:e002"] = found("Moved", "2028-07-01T10:00:00Z")
    assert counts(bench.compare()) == (4, 1, 0, False)
    bench.work(5)
    assert bench.shown("acme:e002")["startDateTime"] == "2028-07-01T10:00:00Z"
    assert len(bench.account.told[-1]) == 1


def test_what_hubspot_did_not_confirm_is_asked_about_again(bench):
    bench.sell(*names(2))
    bench.compare()
    bench.work(5)
    with bench.database.write() as connection:
        connection.execute(tables.link.update().values(confirmed={}))
    assert bench.compare().differing == 2


def test_an_event_that_the_list_lost_is_looked_up_and_ends_cancelled(bench):
    bench.sell(*names(7))
    bench.compare()
    bench.work(5)
    del bench.office.found["acme:e004"]
    assert counts(bench.compare()) == (6, 0, 1, False)
    bench.work(5)
    assert bench.shown("acme:e004")["eventCancelled"] is True
    assert counts(bench.compare()) == (6, 0, 0, False)


def test_an_event_that_nobody_called_public_is_missed_too_if_hubspot_has_it(bench):
    bench.sell(*names(3))
    bench.compare()
    bench.work(5)
    with bench.database.write() as connection:
        connection.execute(tables.state.update().values(published=False))
    del bench.office.found["acme:e001"]
    assert bench.compare().missing == 1


def test_a_cancellation_that_only_a_notification_told_is_no_difference_to_a_list_that_tells_none(bench):
    bench.sell(*names(2))
    bench.compare()
    bench.work(5)
    with bench.database.write() as connection:
        fields = {**bench.shown("acme:e001"), "eventCancelled": True}
        kept = {"eventName": "acme:e001", "startDateTime": fields["startDateTime"], "eventCancelled": True}
        known = select(tables.event.c.id).where(tables.event.c.external_id == "acme:e001").scalar_subquery()
        connection.execute(tables.state.update().where(tables.state.c.event_id == known).values(fields=kept))
    assert bench.compare().differing == 0


def test_an_event_that_only_the_list_lacks_stays_as_it_is(bench):
    bench.sell(*names(7))
    bench.compare()
    bench.work(5)
    bench.office.hidden = {"acme:e004"}
    assert bench.compare().missing == 1
    bench.work(5)
    assert "eventCancelled" not in bench.shown("acme:e004")


def lose(bench, count, of):
    bench.sell(*names(of))
    bench.compare()
    bench.work(5)
    bench.office.hidden = set(names(count))


@pytest.mark.parametrize(("count", "of", "doubted"), [(2, 2, False), (3, 9, False), (3, 8, True), (9, 9, True)])
def test_a_list_that_shrinks_by_more_than_a_third_is_doubted(bench, count, of, doubted):
    lose(bench, count, of)
    before = hints(bench)
    assert counts(bench.compare()) == (of - count, 0, count, doubted)
    assert hints(bench) - before == (0 if doubted else count)


def test_an_operator_may_believe_a_list_that_shrank(bench):
    lose(bench, 9, 9)
    result = bench.compare(believe=True)
    assert (result.missing, result.doubted) == (9, False)
    bench.work(5)
    assert sorted(bench.office.asked[-9:]) == names(9)


def test_what_differs_in_the_same_run_does_not_make_the_list_look_shorter(bench):
    bench.sell(*names(10))
    bench.compare()
    bench.work(5)
    for name in names(7, first=3):
        bench.office.found[name] = found("Changed")
    bench.office.hidden = set(names(3))
    assert counts(bench.compare()) == (7, 7, 3, False)


def test_an_event_that_came_while_the_list_was_read_is_not_missing(bench):
    bench.sell(*names(6))
    bench.compare()
    bench.work(5)
    bench.now += 10
    run, steps = bench.claim(), bench.steps()
    run = steps.step(run)
    bench.sell("acme:a-first")
    bench.hear_of("acme:a-first", 1)
    bench.work(5)
    while isinstance(run, Run):
        run = steps.step(run)
    assert run.missing == 0


def test_what_is_over_is_neither_new_nor_missing(bench):
    bench.sell(*names(3))
    bench.compare()
    bench.work(5)
    bench.sell("acme:old", start=OVER)
    bench.office.hidden = set(names(3))
    bench.now += 3 * 365 * 86400
    assert counts(bench.compare()) == (1, 0, 0, False)


def test_a_draft_is_left_alone_until_it_is_published(bench):
    bench.sell("acme:draft", published=False)
    assert counts(bench.compare()) == (1, 0, 0, False)
    bench.sell("acme:draft")
    assert bench.compare().differing == 1


def test_what_is_not_to_be_sent_counts_as_listed_only(bench):
    bench.office.found["acme:series"] = Skipped("series_parent")
    assert counts(bench.compare()) == (1, 0, 0, False)


def test_what_waits_anyway_is_not_asked_about_twice(bench):
    bench.sell(*names(2))
    bench.hear_of("acme:e000", 1)
    assert counts(bench.compare()) == (2, 1, 0, False)


def test_a_notification_does_not_die_again_for_the_same_thing(bench):
    bench.office.found = {"acme:nowhere": found()}
    bench.compare()
    bench.work(1000, step=5)
    dead = bench.database.rows(select(tables.notification.c.outcome, tables.notification.c.reason))
    assert dead == [("dead", "not_in_hubspot")]
    assert bench.compare().differing == 0
    bench.office.found = {"acme:nowhere": found("Renamed")}
    assert bench.compare().differing == 1


def test_what_cannot_be_read_when_it_is_asked_for_dies_once(bench):
    bench.sell("acme:odd")
    listed = bench.office.found["acme:odd"]
    bench.office.look_up = _invalid
    bench.compare()
    bench.work(5)
    assert [bench.compare().differing, bench.compare().differing] == [0, 0]
    bench.office.found["acme:odd"] = Found({**listed.fields, "eventName": "Mended"}, {})
    assert bench.compare().differing == 1


def _invalid(_external_id, _since):
    raise InvalidNotification({"date_from": ["Has no time zone."]})


def test_what_the_platform_does_not_have_and_nobody_shall_cancel_is_not_missed_for_ever(database):
    bench = ListingBench(database, on_deleted="ignore")
    bench.sell(*names(4))
    bench.compare()
    bench.work(5)
    del bench.office.found["acme:e000"]
    assert bench.compare().missing == 1
    bench.work(5)
    assert bench.compare().missing == 0


def test_everything_public_is_asked_about_where_an_operator_wants_that(bench):
    bench.sell(*names(4))
    bench.compare()
    bench.work(5)
    bench.sell("acme:draft", published=False)
    told = len(bench.account.told)
    assert counts(bench.compare(everything=True)) == (5, 4, 0, False)
    bench.work(5)
    assert len(bench.account.told) == told  # nothing differed


def test_an_interrupted_run_goes_on_at_the_same_page(bench):
    bench.sell(*names(8))
    run = bench.steps().step(bench.claim())
    bench.office.failing = [LookUpFailed("platform_unavailable")]
    with pytest.raises(LookUpFailed):
        bench.steps().step(run)
    reconciliations.put_off(bench.database, "box", "me", "platform_unavailable", bench.now + 60, afresh=False)
    bench.office.pages.clear()
    assert counts(bench.compare("another")) == (8, 8, 0, False)
    assert bench.office.pages == ["acme:e002", "acme:e005"]


def test_an_interrupted_run_that_is_old_begins_anew(bench):
    bench.sell(*names(8))
    bench.steps().step(bench.claim())
    bench.now += 2 * 86400
    assert (bench.claim().begun_at, bench.claim().following) == (bench.now, None)


def test_a_run_may_begin_anew(bench):
    bench.sell(*names(8))
    bench.steps().step(bench.claim())
    bench.now += 1
    assert bench.claim(afresh=True) == Run("box", bench.now)


def test_a_crash_between_the_hints_and_the_progress_costs_nothing_twice(bench, monkeypatch):
    bench.sell(*names(6))
    run = bench.claim()
    with monkeypatch.context() as patched:
        patched.setattr(reconciliations, "save", _crash)
        with pytest.raises(InboxUnavailable):
            bench.steps().step(run)
    assert hints(bench) == 3
    assert counts(bench.compare()) == (6, 3, 0, False)
    assert hints(bench) == 6


def _crash(*_):
    raise InboxUnavailable("gone")


def test_a_crash_among_what_is_missing_finds_the_rest(bench, monkeypatch):
    lose(bench, 3, 10)
    bench.now += 10
    run = bench.claim()
    while not run.ended:
        run = bench.steps().step(run)
    with monkeypatch.context() as patched:
        patched.setattr(reconciliations, "finish", _crash)
        with pytest.raises(InboxUnavailable):
            bench.steps().step(run)
    bench.office.pages.clear()
    again = bench.claim()
    assert (again.ended, bench.steps().step(again).missing, bench.office.pages) == (True, 0, [])


def test_an_event_that_is_listed_twice_counts_once(bench):
    bench.sell(*names(3))
    page = bench.office._page(None)
    bench.office._page = lambda following: (
        Page([*page.events, *page.events], None) if following else Page(page.events, "x")
    )
    bench.compare()
    bench.work(5)
    assert counts(bench.compare()) == (3, 0, 0, False)
    assert hints(bench) == 3


def test_events_that_move_between_pages_while_they_are_listed_are_looked_up_and_no_more(bench):
    bench.sell(*names(9))
    bench.compare()
    bench.work(5)
    bench.office.before_page = lambda following: following and bench.office.hidden.add("acme:e008")
    assert bench.compare().missing == 1
    bench.work(5)
    assert "eventCancelled" not in bench.shown("acme:e008")


def test_a_list_that_goes_round_in_a_circle_ends(bench):
    bench.office._page = lambda following: Page([], "same")
    run = bench.steps().step(bench.claim())
    with pytest.raises(LookUpFailed) as caught:
        bench.steps().step(run)
    assert caught.value.reason == "platform_lists_without_end"


def test_a_list_without_an_end_ends(bench):
    bench.office._page = lambda following: Page([], str(int(following or 0) + 1))
    with pytest.raises(LookUpFailed):
        bench.steps().step(Run("box", bench.now, "5", pages=MOST_PAGES))


def test_two_do_not_compare_the_same_source_at_once(bench):
    assert bench.claim("one") is not None
    assert bench.claim("two") is None


def test_whoever_lost_the_turn_writes_nothing_down(bench):
    bench.sell(*names(4))
    run = bench.claim("one")
    reconciliations.release(bench.database, "box", "one")
    other = bench.claim("two")
    with pytest.raises(ClaimLost):
        bench.steps("one").step(run)
    assert isinstance(bench.steps("two").step(other), Run)


def test_a_turn_that_nobody_gives_back_ends_by_itself(bench):
    bench.claim("one")
    with bench.database.write() as connection:
        kept = tables.reconciliation
        connection.execute(kept.update().values(claimed_until=kept.c.claimed_until - CLAIM_SECONDS))
    assert bench.claim("two") is not None


def test_a_large_list_is_compared_in_few_commits(database, monkeypatch):
    bench = ListingBench(database, size=1000)
    bench.sell(*names(999), "acme:last")
    commits = []
    write = database.write
    monkeypatch.setattr(database, "write", lambda: commits.append(1) or write())
    bench.compare()
    assert len(commits) < 10


def test_a_private_member_is_no_difference(bench):
    listed = Listed("acme:e000", Found({"eventName": "Gala"}, {"secret": 1}))
    bench.office._page = lambda following: Page([listed], None)
    bench.account.hold("acme:e000", "1")
    bench.office.found = {"acme:e000": Found({"eventName": "Gala"}, {"secret": 2})}
    bench.compare()
    bench.work(5)
    assert bench.compare().differing == 0
