"""The interface can be browsed without internet and without anything that a strict policy forbids."""

import pytest
from playwright.sync_api import expect


@pytest.fixture
def page(browser):
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_every_operation_is_listed_and_no_other_host_is_asked(page, service):
    complaints, asked = [], set()
    page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.add(request.url.split("/")[2]) if "://" in request.url else None)
    page.goto(f"{service.url}/docs")
    expect(page.get_by_text("/api/replay")).to_be_visible()
    expect(page.get_by_text("/livez")).to_be_visible()
    assert (complaints, asked) == ([], {service.url.removeprefix("http://")})


def test_an_operation_can_be_looked_into(page, service):
    page.goto(f"{service.url}/docs")
    page.get_by_text("/api/dead").click()
    expect(page.get_by_text("The bearer token is missing or wrong.").first).to_be_visible()
