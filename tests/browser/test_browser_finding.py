"""An operator's question answered: search, the timeline of an event, bodies, attempts; by mouse, by keys, without scripts."""

import re

import pytest
from looking import violations
from playwright.sync_api import expect
from seeding import CALLS, NOTIFICATIONS
from serving import VIEWER

from handlers.operating.auth import commander


@pytest.mark.parametrize(
    ("words", "found"),
    [("founders' breakfast 1997", "ev-1997"), ("ev-1234", "ev-1234"), ("58237001500", "ev-1500")],
    ids=["name", "external id", "objectId"],
)
def test_an_event_is_found_by(visitor, words, found):
    visitor.go("events")
    visitor.page.get_by_label("Name, external id or objectId").fill(words)
    visitor.page.get_by_role("button", name="Search").click()
    expect(visitor.page.locator("tbody tr")).to_have_count(1)
    visitor.see(found)


def test_events_are_found_by_state(visitor):
    visitor.go("events")
    visitor.page.get_by_label("State").select_option("dead")
    visitor.page.get_by_role("button", name="Search").click()
    expect(visitor.page.locator("tbody tr")).to_have_count(6)


def test_what_is_not_there_is_said(visitor):
    visitor.go("events?q=no+such+thing")
    visitor.see("No event fits.")


def test_a_list_goes_on_and_comes_back(visitor):
    visitor.go("notifications?source=tickets")
    first = visitor.page.locator("tbody th").first.inner_text()
    visitor.page.get_by_role("link", name="Older").click()
    expect(visitor.page.locator("tbody th").first).not_to_have_text(first)
    assert "source=tickets" in visitor.page.url
    visitor.page.get_by_role("link", name="Newest").click()
    expect(visitor.page.locator("tbody th").first).to_have_text(first)


def test_the_timeline_tells_what_changed_and_what_hubspot_said(visitor):
    visitor.go("events/tickets/ev-1")
    newest = visitor.page.locator(".timeline > li").first
    expect(newest).to_contain_text("HubSpot confirmed it.")
    expect(newest).to_contain_text(f"Attempt {CALLS}")
    expect(newest.locator(".changes")).to_contain_text("eventName")
    expect(newest.locator("del")).to_have_text("Before")


def test_why_an_event_is_not_in_hubspot_is_told_with_what_mends_it(visitor):
    visitor.go("events/tickets/ev-10")
    visitor.see("not in HubSpot")
    expect(visitor.page.locator(".lead strong")).not_to_be_empty()


def test_fields_that_hubspot_does_not_show_so_are_marked(visitor):
    visitor.go("events/tickets/ev-70")
    expect(visitor.page.locator("tr.differs")).to_have_count(1)
    expect(visitor.page.locator("tr.differs")).to_contain_text("Before")


def test_a_body_is_shown_without_what_is_a_persons(visitor):
    visitor.go(f"notifications/{NOTIFICATIONS}")
    body = visitor.page.get_by_label("Body")
    expect(body).to_contain_text("eventName")
    expect(body).not_to_contain_text("people.example")


def test_an_attempt_shows_what_it_carried(visitor):
    visitor.go(f"attempts/{CALLS}")
    visitor.see("Product Day 1")
    expect(visitor.page.locator("tbody tr").first).to_contain_text("confirmed")
    visitor.see("Correlation id")


def test_the_first_page_answers_in_a_sentence(visitor):
    visitor.go()
    sentence = visitor.page.locator("h1")
    expect(sentence).to_have_text(re.compile(r"30 of 2,000 events are not as the platforms say"))
    visitor.page.get_by_role("link", name="See why, mend it, replay.").click()
    visitor.see("Not in HubSpot")


def test_the_first_page_keeps_up_by_itself(visitor, service):
    visitor.go()
    operator = visitor.page.locator(".answer")
    expect(operator).not_to_contain_text("paused by an operator")
    from_elsewhere(service, "pause")
    expect(operator).to_contain_text("Sending is paused by an operator")
    from_elsewhere(service, "resume")
    expect(operator).not_to_contain_text("paused by an operator")


def from_elsewhere(service, what):
    getattr(service.marquee.actions, what)(None, commander())


def test_the_keyboard_alone_leads_to_an_event(visitor):
    visitor.go("events")
    keys = visitor.page.keyboard
    keys.press("Tab")
    expect(visitor.page.locator(".skip")).to_be_focused()
    keys.press("Enter")
    expect(visitor.page.locator("main")).to_be_focused()
    keys.press("Tab")
    keys.type("ev-1234")
    keys.press("Enter")
    expect(visitor.page.locator("tbody tr")).to_have_count(1)
    visitor.page.locator("tbody a").first.focus()
    keys.press("Enter")
    expect(visitor.page).to_have_url(re.compile("/operator/events/.*/ev-1234$"))


def test_where_the_keyboard_is_can_be_seen(visitor):
    visitor.go("events")
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Tab")
    width = visitor.page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert float(width.removesuffix("px")) >= 2


def test_everything_is_told_without_scripts(visit):
    visitor = visit(java_script_enabled=False)
    visitor.go("events?q=ev-1234")
    visitor.page.get_by_role("link", name="1234").first.click()
    visitor.see("Timeline")


def test_a_viewer_sees_everything_and_can_change_nothing(visit):
    visitor = visit(storage_state=None).sign_in("viewer", VIEWER)
    for path in ("events/tickets/ev-1", "sources", "hubspot", "dead"):
        visitor.go(path)
        assert visitor.page.locator("main form[method=post]").count() == 0
    visitor.go("replay?outcome=dead")
    visitor.see("You may look, not replay.")
    assert violations(visitor.page) == {}


def test_hubspot_tells_about_the_token_when_it_is_asked(visitor):
    visitor.go("hubspot")
    visitor.page.get_by_role("link", name="Ask HubSpot now").click()
    expect(visitor.page.locator("#findings")).to_contain_text("scopes")
    assert violations(visitor.page) == {}
    visitor.shoot("hubspot-asked-light")


def test_a_source_tells_its_address_and_the_use_of_its_secrets(visitor):
    visitor.go("sources")
    visitor.see(f"{visitor.url}/webhooks/tickets")
    visitor.see("<secret>")
    text = visitor.page.content()
    assert "of-tests" not in text
    assert "whsec_" not in text
