"""Why nothing is sent, as every process can read it."""

from handlers.inbox.pauses import OPERATOR, Pause, get_pause, get_pauses, hold, lift_pause, resume, set_pause

NOON = 1_800_000_000.0
BUSY = Pause("unavailable", NOON, NOON + 60, "HubSpot cannot do it just now.")


def test_without_a_pause_there_is_none(database):
    assert get_pause(database) is None


def test_a_pause_is_kept_as_it_is(database):
    set_pause(database, BUSY)
    assert get_pause(database) == BUSY


def test_a_later_one_replaces_all_but_since_when(database):
    set_pause(database, BUSY)
    set_pause(database, Pause("locked", NOON + 60, NOON + 62))
    assert get_pause(database) == Pause("locked", NOON, NOON + 62, None)


def test_an_operators_pause_comes_before_hubspots_and_outlasts_it(database):
    set_pause(database, BUSY)
    hold(database, NOON + 5, "Maintenance.")
    assert (get_pause(database).reason, get_pause(database).detail) == (OPERATOR, "Maintenance.")
    lift_pause(database)
    assert get_pauses(database)[1] is None
    assert get_pause(database).since == NOON + 5


def test_to_resume_lifts_whatever_pauses(database):
    set_pause(database, BUSY)
    hold(database, NOON)
    resume(database)
    assert get_pause(database) is None
