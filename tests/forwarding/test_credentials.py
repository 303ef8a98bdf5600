"""Tokens are renewed ahead of their end, by one caller at a time, and never spent twice.

Rules 16 and 17 of HubSpot's: a 401 is answered by one renewal; `expires_in` is what says when a token ends.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import orjson
import pytest
from cryptography.fernet import Fernet
from fresh import fresh_inbox
from granting import Account, Clock
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from handlers.errors import InboxUnavailable
from handlers.forwarding.credentials import FRESH_SECONDS, HOLD_SECONDS, StaticToken
from handlers.forwarding.outgoing import Reply
from handlers.forwarding.tokens import CredentialsUnavailable
from handlers.inbox import tables
from handlers.inbox.credentials import give_up

INVALID_GRANT = Reply(400, {}, b'{"error": "invalid_grant", "status": "BAD_REFRESH_TOKEN"}')


@pytest.fixture
def account(database):
    return Account(database)


def together(count, ask):
    """The results of `count` threads that ask at the same moment."""
    start = Barrier(count)

    def run(number):
        start.wait(10)
        return ask(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def failure(ask, *given):
    with pytest.raises(CredentialsUnavailable) as raised:
        ask(*given)
    return raised.value


def kept(database):
    return [row[0] for row in database.rows(select(tables.credential.c.sealed))]


def test_a_static_token_is_what_it_is_and_nothing_renews_it():
    token = StaticToken("pat-1")
    assert (token.token(), token.renewed("pat-1")) == ("pat-1", None)
    assert "pat-1" not in repr(token)


@pytest.mark.rule(17)
def test_a_token_is_used_until_some_time_before_its_end(account):
    process = account.process()
    first = process.token()
    account.clock.now += 1800 - 121
    assert process.token() == first
    account.clock.now += 2
    assert process.token() != first
    assert len(account.hubspot.asked) == 2


@pytest.mark.rule(17)
def test_what_lasts_for_seconds_only_is_used_for_half_of_them(account):
    account.hubspot.sandbox.configure({"expires_in": 60})
    process = account.process()
    first = process.token()
    account.clock.now += 29
    assert process.token() == first
    account.clock.now += 2
    assert process.token() != first


@pytest.mark.parametrize(
    ("version", "path"),
    [("2026-03", "/oauth/2026-03/token"), ("2026-09", "/oauth/2026-09/token"), ("v3", "/oauth/v1/token")],
)
@pytest.mark.rule(17)
def test_a_renewal_goes_to_the_endpoint_of_the_version(account, version, path):
    assert account.opens(account.process(version=version).token())
    assert account.hubspot.asked == [path]


@pytest.mark.rule(17)
def test_eight_threads_cause_one_renewal(database):
    account = Account(database, seconds=0.1)
    process = account.process()
    tokens = together(8, lambda _: process.token())
    assert (len(set(tokens)), len(account.hubspot.asked)) == (1, 1)


def test_eight_threads_that_are_refused_cause_one_renewal(database):
    account = Account(database, seconds=0.1)
    process = account.process()
    old = process.token()
    account.clock.now += FRESH_SECONDS + 1
    tokens = together(8, lambda _: process.renewed(old))
    assert (len(set(tokens)), old in tokens, len(account.hubspot.asked)) == (1, False, 2)


def test_eight_threads_share_one_failure(database):
    account = Account(database, seconds=0.1)
    account.hubspot.answer = INVALID_GRANT
    process = account.process()
    failures = together(8, lambda _: failure(process.token).reason)
    assert (set(failures), len(account.hubspot.asked)) == ({"reconnect"}, 1)


def test_processes_that_start_together_spend_one_refresh_token_once(database):
    account = Account(database, seconds=0.1)
    processes = [account.process() for _ in range(4)]
    tokens = together(4, lambda number: processes[number].token())
    assert (len(set(tokens)), len(account.hubspot.asked)) == (1, 1)


class Ticking(Clock):
    """A second passes with each look at it."""

    def __call__(self):
        self.now += 1
        return self.now


def test_a_turn_that_another_process_keeps_is_not_waited_for_for_ever(account):
    other, process = account.process(), account.process()
    other.safe.news()
    assert other.safe.take_turn()
    process.monotonic = Ticking()
    assert failure(process.token).reason == "token_unavailable"
    assert account.hubspot.asked == []


def test_a_turn_of_another_process_is_not_waited_for_while_the_token_lasts(account):
    other, process = account.process(), account.process()
    token = process.token()
    other.safe.news()
    assert other.safe.take_turn()
    account.clock.now += 1700
    assert process.token() == token
    assert len(account.hubspot.asked) == 1


def test_a_process_that_waits_takes_what_the_other_is_granted(database):
    account = Account(database, seconds=0.3)
    first, second = account.process(), account.process()
    with ThreadPoolExecutor(1) as pool:
        granted = pool.submit(first.token)
        while not account.hubspot.asked:
            time.sleep(0.01)
        assert second.token() == granted.result()
    assert len(account.hubspot.asked) == 1


def test_a_process_goes_on_with_what_another_was_granted(account):
    first, second = account.process(), account.process()
    assert second.token() == first.token()
    account.clock.now += 1800
    assert first.token() == second.token()
    assert len(account.hubspot.asked) == 2


def test_a_token_that_another_process_renewed_is_not_renewed_again(account):
    first, second = account.process(), account.process()
    old = first.token()
    assert second.token() == old
    account.clock.now += FRESH_SECONDS + 1
    new = first.renewed(old)
    assert second.renewed(old) == new != old
    assert len(account.hubspot.asked) == 2


def test_a_restart_goes_on_with_the_refresh_token_that_came_last(account):
    account.process().token()
    account.clock.now += 1800
    assert account.opens(account.process().token())
    account.clock.now += 1800
    assert account.opens(account.process().token())


def test_a_restart_asks_for_nothing_while_the_token_lasts(account):
    token = account.process().token()
    assert account.process().token() == token
    assert len(account.hubspot.asked) == 1


def test_another_configured_refresh_token_wins_over_what_is_kept(account):
    account.process().token()
    account.hubspot.sandbox.configure({"refresh_tokens": ["refresh-0", "reconnected"]})
    old = account.process()
    new = account.process("reconnected")
    assert new.token() != old.token()
    assert len(account.hubspot.asked) == 2


def test_processes_with_different_refresh_tokens_do_not_disturb_each_other(account):
    account.hubspot.sandbox.configure({"refresh_tokens": ["refresh-0", "reconnected"]})
    old, new = account.process(), account.process("reconnected")
    for _ in range(3):
        assert account.opens(old.token())
        assert account.opens(new.token())
        account.clock.now += 1800


def test_another_key_says_so_and_falls_back_to_the_configured_refresh_token(account):
    account.hubspot.sandbox.configure({"rotate_refresh_tokens": False})
    token = account.process().token()
    other = account.process(key=Fernet.generate_key().decode()).token()
    assert other != token
    assert account.opens(other)


def test_nothing_that_opens_is_kept_readably(account, database):
    token = account.process().token()
    (sealed,) = kept(database)
    row = repr(database.rows(select(tables.credential)))
    assert sealed
    for secret in (token, "refresh-", "client-secret"):
        assert secret not in row


def test_what_is_granted_is_not_shown(account):
    process = account.process()
    token = process.token()
    for secret in (token, "refresh-", "client-secret"):
        assert secret not in repr(process) + repr(process.grant)


def test_scopes_and_account_are_known_after_a_restart(account):
    granted = account.process()
    granted.token()
    again = account.process()
    again.token()
    assert again.grant == granted.grant
    assert (again.grant.hub_id, len(again.grant.scopes)) == (1234567, 2)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"refresh_tokens": ["another"]}, "reconnect"),
        ({"client_id": "another"}, "bad_client"),
        ({"client_secret": "another"}, "bad_client"),
    ],
)
def test_a_refusal_for_good_says_what_to_mend(account, changes, reason):
    account.hubspot.sandbox.configure(changes)
    assert failure(account.process().token).reason == reason


@pytest.mark.parametrize(
    ("reply", "seconds"),
    [
        (Reply(429), HOLD_SECONDS),
        (Reply(429, {"Retry-After": "60"}), 60.0),
        (Reply(503, {"Retry-After": "0"}), HOLD_SECONDS),
        (Reply(None, fault="connect_timeout"), HOLD_SECONDS),
    ],
)
def test_a_fault_that_passes_is_not_asked_about_too_early_and_then_is(account, reply, seconds):
    process = account.process()
    account.hubspot.answer = reply
    assert (failure(process.token).reason, failure(process.token).at_least) == ("token_unavailable", seconds)
    account.hubspot.answer = None
    account.clock.now += seconds - 1
    assert failure(process.token).at_least == pytest.approx(1)
    account.clock.now += 1
    assert account.opens(process.token())
    assert len(account.hubspot.asked) == 2


@pytest.mark.parametrize("answer", [Reply(503), INVALID_GRANT])
@pytest.mark.rule(17)
def test_a_token_that_cannot_be_renewed_is_used_to_its_end(account, answer):
    process = account.process()
    token = process.token()
    account.hubspot.answer = answer
    account.clock.now += 1799
    assert [process.token() for _ in range(3)] == [token] * 3
    assert len(account.hubspot.asked) == 2
    account.clock.now += 1 + HOLD_SECONDS
    failure(process.token)


def test_while_one_thread_renews_the_others_go_on_with_a_token_that_lasts(database):
    account = Account(database, seconds=0.3)
    process = account.process()
    old = process.token()
    account.clock.now += 1700
    with ThreadPoolExecutor(1) as pool:
        renewed = pool.submit(process.token)
        while len(account.hubspot.asked) < 2:
            time.sleep(0.01)
        assert process.token() == old
        assert renewed.result() != old


def test_after_a_failure_another_process_may_ask_at_once(account):
    account.hubspot.answer = Reply(503)
    failure(account.process().token)
    account.hubspot.answer = None
    assert account.opens(account.process().token())


@pytest.mark.rule(16)
def test_a_token_that_is_refused_is_renewed(account):
    process = account.process()
    old = process.token()
    account.clock.now += FRESH_SECONDS + 1
    assert account.opens(process.renewed(old))


@pytest.mark.rule(16)
def test_a_token_that_was_replaced_already_is_not_renewed_again(account):
    process = account.process()
    old = process.token()
    account.clock.now += 1800
    new = process.token()
    assert process.renewed(old) == new
    assert len(account.hubspot.asked) == 2


@pytest.mark.rule(16)
def test_a_new_token_that_is_refused_stays_refused(account):
    process = account.process()
    assert process.renewed(process.token()) is None
    assert len(account.hubspot.asked) == 1


@pytest.mark.sqlite
def test_without_the_inbox_there_is_no_renewal(account, database):
    process = account.process()
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE credential RENAME TO gone")
    assert failure(process.token).reason == "token_unavailable"
    assert account.hubspot.asked == []


class FullDisk:
    """A database that takes so many writes and no more, until `room` is made."""

    def __init__(self, database, room):
        self.database = database
        self.room = room

    def rows(self, query):
        return self.database.rows(query)

    def write(self):
        self.room -= 1
        if self.room < 0:
            raise InboxUnavailable("The disk is full.")
        return self.database.write()


def test_what_cannot_be_kept_is_used_all_the_same_and_what_comes_of_it_is_kept(database):
    disk = FullDisk(database, room=1)
    account = Account(disk)
    process = account.process()
    assert account.opens(process.token())
    assert kept(database) == [""]
    disk.room = 9
    give_up(database, database.rows(select(tables.credential.c.configured))[0][0])
    account.clock.now += 1800
    token = process.token()
    assert account.opens(token)
    assert account.process().token() == token


def test_each_renewal_is_counted(account):
    account.process().token()
    assert account.registry.get_sample_value("marquee_hubspot_calls_total", {"status": "200"}) == 1


def test_an_answer_without_a_token_is_a_fault_that_passes(account):
    account.hubspot.answer = Reply(200, {}, orjson.dumps({"token_type": "bearer"}))
    assert failure(account.process().token).reason == "token_unavailable"


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["call", "refused", "restart"]),
        st.integers(0, 2),
        st.sampled_from([0, FRESH_SECONDS + 1, 900, 1800, 7200]),
    ),
    max_size=15,
)


@settings(max_examples=25)
@given(STEPS)
def test_whatever_processes_do_no_refresh_token_is_spent_twice(tmp_path_factory, steps):
    database = fresh_inbox(tmp_path_factory.mktemp("steps"))
    account = Account(database)
    processes = [account.process() for _ in range(3)]
    for step, number, seconds in steps:
        account.clock.now += seconds
        if step == "restart":
            processes[number] = account.process()
        token = processes[number].token()
        assert account.opens(token)
        if step == "refused":
            assert account.opens(processes[number].renewed(token) or token)
    database.close()
