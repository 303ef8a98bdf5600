"""What an operator does: link, send again, replay after a count, pause and resume; and it stands in the audit trail."""

import re
import time

import pytest
import requests
from looking import violations
from playwright.sync_api import expect
from sqlalchemy import func, select

from handlers.inbox import tables

NOTE = tables.notification.c


def count(service, **wanted):
    conditions = [NOTE[name] == value for name, value in wanted.items()]
    return service.marquee.database.rows(select(func.count()).where(*conditions))[0][0]


def test_an_event_is_linked_by_hand(visitor, service):
    visitor.go("events/tickets/ev-10")
    visitor.page.get_by_label("Link to the objectId").fill("58299999999")
    visitor.page.get_by_role("button", name="Set the link").click()
    visitor.see("The link is set, and the event is on its way.")
    visitor.see("58299999999")
    visitor.shoot("event-linked-light")
    assert violations(visitor.page) == {}


def test_a_marketing_event_of_another_is_not_taken(visitor):
    visitor.go("events/tickets/ev-11")
    visitor.page.get_by_label("Link to the objectId").fill("58237000001")
    visitor.page.get_by_role("button", name="Set the link").click()
    visitor.see("Nothing was changed.")
    visitor.see("ev-1")
    visitor.complaints.clear()


def test_an_event_is_sent_again(visitor):
    visitor.go("events/tickets/ev-60")
    visitor.page.get_by_role("button", name="Send again").click()
    visitor.see("It is sent again in full.")


def test_dead_ones_are_replayed_after_a_count_and_a_confirmation(visitor, service):
    waits = count(service, outcome="dead", reason="rejected_by_hubspot")
    visitor.go("dead")
    visitor.page.get_by_role("link", name="Replay… rejected_by_hubspot of tickets").click()
    visitor.see(f"Replay {waits} notifications?")
    assert count(service, outcome="dead", reason="rejected_by_hubspot") == waits
    visitor.page.get_by_role("button", name=f"Replay {waits} notifications").click()
    expect(visitor.page.locator("#finished")).to_be_visible()
    visitor.see(f"{waits} of {waits}")
    visitor.shoot("replayed-light")
    assert violations(visitor.page) == {}
    assert count(service, outcome="dead", reason="rejected_by_hubspot") == 0


def test_one_notification_is_replayed(visitor, service):
    (number,) = service.marquee.database.rows(
        select(NOTE.id).where(NOTE.outcome == "dead", NOTE.reason == "not_in_hubspot").order_by(NOTE.id.desc()).limit(1)
    )[0]
    visitor.go(f"notifications/{number}")
    visitor.page.get_by_role("link", name="Replay…").click()
    visitor.page.get_by_role("button", name="Replay 1 notification").click()
    expect(visitor.page.locator("#finished")).to_be_visible()
    assert count(service, id=number, outcome="pending") == 1


def test_leaving_the_count_alone_replays_nothing(visitor, service):
    before = count(service, outcome="dead")
    visitor.go("replay?outcome=dead")
    visitor.page.get_by_role("link", name="Leave it").click()
    expect(visitor.page).to_have_url(re.compile("/operator/dead$"))
    assert count(service, outcome="dead") == before


def test_all_sending_is_paused_and_resumed(visitor):
    visitor.go("hubspot")
    visitor.page.get_by_label("Why").fill("We move house")
    visitor.page.get_by_role("button", name="Pause all sending").click()
    visitor.see("Sending is paused by an operator")
    visitor.see("We move house")
    visitor.shoot("hubspot-paused-light")
    visitor.go()
    visitor.see("Sending is paused by an operator")
    visitor.shoot("now-paused-light")
    visitor.go("hubspot")
    visitor.page.get_by_role("button", name="Resume sending").click()
    visitor.see("Sending is on.")


def test_one_source_is_paused_and_resumed(visitor):
    visitor.go("sources")
    visitor.page.get_by_role("button", name="Pause shop").click()
    expect(visitor.page.get_by_role("button", name="Resume shop")).to_be_visible()
    visitor.page.get_by_role("button", name="Resume shop").click()
    expect(visitor.page.get_by_role("button", name="Pause shop")).to_be_visible()


def test_who_did_what_stands_in_the_audit_trail(visitor):
    visitor.go("sources")
    visitor.page.get_by_role("button", name="Pause tickets").click()
    visitor.page.get_by_role("button", name="Resume tickets").click()
    visitor.go("trail")
    rows = visitor.page.locator("tbody tr")
    expect(rows.nth(0)).to_contain_text("resume")
    expect(rows.nth(1)).to_contain_text("pause")
    expect(rows.nth(1)).to_contain_text("source tickets")
    expect(rows.nth(1)).to_contain_text("operator")
    visitor.shoot("trail-light")


@pytest.mark.parametrize("path", ["replay", "pause", "resume", "link", "send-again"])
def test_nothing_is_done_without_the_forms_token(visitor, path):
    visitor.go()
    answer = visitor.page.request.post(f"{visitor.url}/operator/{path}", form={"source": "tickets", "event": "ev-1"})
    assert answer.status == 400


def test_a_replay_stops_when_its_page_is_left(visitor, service):
    visitor.go("replay?outcome=superseded&source=tickets")
    token = visitor.page.locator("main input[name=csrf_token]").get_attribute("value")
    cookies = {cookie["name"]: cookie["value"] for cookie in visitor.page.context.cookies()}
    before = count(service, outcome="superseded", source="tickets")
    form = {"csrf_token": token, "outcome": "superseded", "source": "tickets"}
    with requests.post(f"{visitor.url}/operator/replay", form, cookies=cookies, stream=True, timeout=30) as answer:
        told, pieces = b"", answer.iter_content(64)
        while b" of " not in told:
            told += next(pieces)
    time.sleep(0.5)
    left = count(service, outcome="superseded", source="tickets")
    assert 0 < left < before
