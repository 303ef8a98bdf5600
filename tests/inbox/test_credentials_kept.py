"""What OAuth granted is kept, and one at a time renews it."""

import pytest
from sqlalchemy import select, update

from handlers.inbox import tables
from handlers.inbox.credentials import FORGET_SECONDS, claim, get_kept, give_up, keep

OURS, OTHER = "digest-a", "digest-b"


def test_nothing_is_kept_at_first(database):
    assert get_kept(database, OURS) == ""


def test_what_is_kept_last_counts(database):
    keep(database, OURS, "one")
    keep(database, OURS, "two")
    assert get_kept(database, OURS) == "two"


def test_what_another_refresh_token_brought_is_not_ours(database):
    keep(database, OURS, "one")
    keep(database, OTHER, "two")
    assert (get_kept(database, OURS), get_kept(database, OTHER)) == ("one", "two")


def test_one_at_a_time_has_the_turn(database):
    assert claim(database, OURS, "", 60.0)
    assert not claim(database, OURS, "", 60.0)


def test_another_refresh_token_has_a_turn_of_its_own(database):
    assert claim(database, OURS, "", 60.0)
    assert claim(database, OTHER, "", 60.0)


@pytest.mark.parametrize("end", [lambda database: keep(database, OURS, ""), lambda database: give_up(database, OURS)])
def test_the_turn_ends_with_something_kept_and_without(database, end):
    claim(database, OURS, "", 60.0)
    end(database)
    assert claim(database, OURS, "", 60.0)


def test_a_turn_that_nobody_ended_ends_by_itself(database):
    assert claim(database, OURS, "", 0.0)
    assert claim(database, OURS, "", 60.0)


def test_nobody_has_the_turn_who_has_not_seen_what_is_kept(database):
    keep(database, OURS, "one")
    assert not claim(database, OURS, "", 60.0)
    assert claim(database, OURS, "one", 60.0)


def test_a_claim_keeps_what_is_kept(database):
    keep(database, OURS, "one")
    claim(database, OURS, "one", 60.0)
    assert get_kept(database, OURS) == "one"


@pytest.mark.parametrize(("age", "stays"), [(FORGET_SECONDS - 60, True), (FORGET_SECONDS + 60, False)])
def test_what_other_refresh_tokens_brought_long_ago_is_forgotten(database, age, stays):
    keep(database, OTHER, "old")
    with database.write() as connection:
        connection.execute(update(tables.credential).values(kept_at=tables.credential.c.kept_at - age))
    keep(database, OURS, "new")
    kept = {row[0] for row in database.rows(select(tables.credential.c.configured))}
    assert kept == ({OURS, OTHER} if stays else {OURS})
