"""The account's time zone is asked once, when it can be, and is UTC until then."""

from datetime import UTC, datetime
from threading import Event, Thread
from zoneinfo import ZoneInfo

import pytest
from replies import reply

from handlers.forwarding.account import ASK_AGAIN_SECONDS, AccountZone, account_zone
from handlers.forwarding.outgoing import Reply

BERLIN = ZoneInfo("Europe/Berlin")
MOMENT = datetime(2027, 6, 1, 22, 30, tzinfo=UTC)


class HubSpot:
    def __init__(self, answer):
        self.answer = answer

    def account(self):
        return self.answer


class Asked:
    """Gives the answers in turn, and counts."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.count = 0

    def __call__(self):
        self.count += 1
        return self.answers.pop(0)


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def test_the_account_tells_its_time_zone():
    assert account_zone(HubSpot(reply(200, {"portalId": 7, "timeZone": "US/Eastern"}))) == ZoneInfo("US/Eastern")


@pytest.mark.parametrize(
    "answer",
    [
        reply(403, {"timeZone": "Europe/Berlin"}),
        reply(200, b"<html>"),
        reply(200, {}),
        reply(200, {"timeZone": 7}),
        reply(200, {"timeZone": "Mars/Phobos"}),
        reply(200, {"timeZone": "../../etc/passwd"}),
        reply(200, {"timeZone": ""}),
        Reply(None, fault="dns"),
    ],
)
def test_an_account_that_tells_no_usable_zone_has_none(answer):
    assert account_zone(HubSpot(answer)) is None


def test_until_it_is_asked_the_zone_is_utc():
    assert MOMENT.astimezone(AccountZone(Asked())).hour == 22


def test_once_told_the_zone_is_the_accounts():
    zone = AccountZone(Asked(BERLIN))
    zone.learn()
    local = MOMENT.astimezone(zone)
    assert (local.day, local.hour, local.tzname(), local.dst()) == (2, 0, "CEST", BERLIN.dst(local))
    assert local.astimezone(UTC) == MOMENT


def test_what_was_told_is_not_asked_again():
    asked = Asked(BERLIN)
    zone = AccountZone(asked, clock := Clock())
    zone.learn()
    clock.now += 10 * ASK_AGAIN_SECONDS
    zone.learn()
    assert asked.count == 1


def test_what_was_not_told_is_asked_again_after_a_while():
    asked = Asked(None, BERLIN)
    zone = AccountZone(asked, clock := Clock())
    zone.learn()
    zone.learn()
    assert asked.count == 1
    clock.now += ASK_AGAIN_SECONDS
    zone.learn()
    assert MOMENT.astimezone(zone).hour == 0


def test_one_caller_asks_and_the_others_go_on():
    asking, told = Event(), Event()

    def ask():
        asking.set()
        told.wait(10)
        return BERLIN

    zone = AccountZone(ask)
    first = Thread(target=zone.learn)
    first.start()
    asking.wait(10)
    zone.learn()
    assert MOMENT.astimezone(zone).hour == 22
    told.set()
    first.join()
    assert MOMENT.astimezone(zone).hour == 0
