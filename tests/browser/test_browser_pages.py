"""Every page: quick, for everybody, in light and dark, on a desk and on a phone; each is photographed for a look."""

import pytest
from looking import DESK, PHONE, server_milliseconds, violations
from playwright.sync_api import expect
from seeding import CALLS, EVIL, NOTIFICATIONS

LIMIT_MILLISECONDS = 300
PAGES = {
    "now": "",
    "now-week": "?span=week",
    "events": "events",
    "events-found": "events?q=summit&state=up_to_date&source=tickets",
    "event": "events/tickets/ev-1",
    "event-missing": "events/tickets/ev-10",
    "event-rejected": "events/tickets/ev-70",
    "notifications": "notifications",
    "notifications-of-event": "notifications?source=tickets&event=ev-1",
    "notifications-of-hour": "notifications?outcome=sent&since=2026-01-01T00:00&until=2036-01-01T00:00",
    "notification": f"notifications/{NOTIFICATIONS}",
    "attempts": "attempts",
    "attempts-failed": "attempts?status=failed",
    "attempt": f"attempts/{CALLS}",
    "dead": "dead",
    "replay": "replay?outcome=dead&reason=not_in_hubspot",
    "sources": "sources",
    "hubspot": "hubspot",
    "trail": "trail",
    "unknown": "events/tickets/no-such-event",
}
LOOKED_AT = [
    *("now", "events", "event", "event-missing", "notifications", "notification", "attempts", "attempt"),
    *("dead", "replay", "sources", "hubspot", "trail", "unknown"),
]


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
def test_each_page_takes_the_server_less_than_300_milliseconds(visitor, path):
    address = f"{visitor.url}/operator/{path}"
    assert min(server_milliseconds(visitor.page.request.get(address)) for _ in range(2)) < LIMIT_MILLISECONDS


@pytest.mark.parametrize("kind", ["received", "calls", "freshness"])
@pytest.mark.parametrize("span", ["hour", "day", "week"])
def test_each_chart_takes_the_server_less_than_300_milliseconds(visitor, kind, span):
    address = f"{visitor.url}/operator/charts/{kind}/{span}.svg"
    assert min(server_milliseconds(visitor.page.request.get(address)) for _ in range(2)) < LIMIT_MILLISECONDS


@pytest.mark.parametrize("name", LOOKED_AT)
@pytest.mark.parametrize(("scheme", "viewport"), [("light", DESK), ("dark", PHONE)], ids=["light-desk", "dark-phone"])
def test_everybody_can_use_each_page(visit, name, scheme, viewport):
    visitor = visit(color_scheme=scheme, viewport=viewport)
    visitor.go(PAGES[name])
    visitor.complaints.clear()
    visitor.shoot(f"{name}-{scheme}-{viewport['width']}")
    assert violations(visitor.page) == {}


@pytest.mark.parametrize("name", LOOKED_AT)
def test_nothing_is_wider_than_a_phone(visit, name):
    visitor = visit(viewport=PHONE)
    visitor.go(PAGES[name])
    visitor.complaints.clear()
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_everybody_can_sign_in(visit):
    visitor = visit(storage_state=None)
    visitor.go("events")
    assert violations(visitor.page) == {}
    visitor.shoot("login-light")
    visitor.sign_in()


@pytest.mark.parametrize(("scheme", "theme"), [("dark", "dark"), ("light", "light")])
def test_the_pages_are_as_dark_as_the_reader_likes_them(visit, scheme, theme):
    visitor = visit(color_scheme=scheme)
    visitor.go()
    assert visitor.page.locator("html").get_attribute("data-bs-theme") == theme
    red = visitor.page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]")
    assert (int(red) < 64) == (theme == "dark")


def test_the_theme_follows_at_once(visitor):
    visitor.go()
    visitor.page.emulate_media(color_scheme="dark")
    expect(visitor.page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_nothing_comes_from_another_host(visitor):
    asked = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    for path in ("", "events/tickets/ev-1", "sources"):
        visitor.go(path)
        visitor.page.wait_for_load_state("networkidle") if path else visitor.page.wait_for_load_state()
    assert [url for url in asked if not url.startswith((visitor.url, "data:"))] == []
    assert any("bootstrap.css" in url for url in asked)


def test_the_charts_are_drawn(visitor):
    visitor.go()
    for image in visitor.page.locator(".charts img").all():
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0


def test_a_name_with_markup_in_it_is_text(visitor):
    visitor.page.on("dialog", lambda dialog: visitor.complaints.append(dialog.message))
    visitor.go("events?q=alert(1)")
    visitor.see(EVIL)
    visitor.page.get_by_role("link", name=EVIL).click()
    visitor.see(EVIL)
    assert visitor.page.locator("main script").count() == 0


def test_times_are_in_the_readers_zone_with_the_whole_truth_beside(visitor):
    visitor.go(f"notifications/{NOTIFICATIONS}")
    time = visitor.page.locator("main time").first
    expect(time).not_to_have_text(time.get_attribute("datetime"))
    assert time.get_attribute("datetime").endswith("Z")
    assert time.get_attribute("datetime") in time.get_attribute("title")
