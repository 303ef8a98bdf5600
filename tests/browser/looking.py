"""A person at a browser, and what is looked at."""

import re
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from serving import PASSWORD

SCREENS = Path(__file__).resolve().parents[2] / "var" / "screens"
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


class Visitor:
    """A person at a browser, signed in; it keeps whatever the browser complains of."""

    def __init__(self, context, url):
        self.page = context.new_page()
        self.url = url
        self.complaints = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda said: said.type == "error" and self.complaints.append(said.text))

    def go(self, path=""):
        """The answer to a page below `/operator/`."""
        return self.page.goto(f"{self.url}/operator/{path}")

    def sign_in(self, user="operator", password=PASSWORD):
        self.go()
        self.page.get_by_label("Name").fill(user)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.locator(".who")).to_contain_text(user)
        return self

    def see(self, text):
        expect(self.page.locator("main")).to_contain_text(text)

    def shoot(self, name):
        """A picture of the whole page, to be looked at."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENS / f"{name}.png", full_page=True)


def server_milliseconds(answer):
    return float(re.search(r"app;dur=([\d.]+)", answer.headers["server-timing"])[1])


def violations(page):
    """What axe-core finds amiss, by rule, with the places."""
    found = Axe().run(page).response["violations"]
    return {each["id"]: [node["html"][:200] for node in each["nodes"]][:5] for each in found}
