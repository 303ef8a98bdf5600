"""One browser, one seeded service and one sandbox for all tests of this folder."""

import os
import shutil
import time

import pytest
from looking import DESK, Visitor
from playwright.sync_api import expect, sync_playwright
from running import Sandbox
from seeding import seed
from serving import PASSWORD, SOURCES, VIEWER, Served

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
expect.set_options(timeout=10_000)


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, or the one that CHROMIUM names."""
    if shutil.which(CHROMIUM) is None and "REQUIRE_ALL" not in os.environ:
        pytest.skip("no Chromium on this machine: set CHROMIUM")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def seeded(browser, tmp_path_factory):
    """A filled inbox that is only copied; made where there is a browser to look at it."""
    place = tmp_path_factory.mktemp("seeded") / "marquee.db"
    seed(f"sqlite:///{place}", time.time())
    return place


@pytest.fixture(scope="session")
def hubspot():
    """What the pages ask when they ask HubSpot."""
    running = Sandbox().start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def service(seeded, hubspot, tmp_path_factory):
    """The service on an inbox of the module's own."""
    folder = tmp_path_factory.mktemp("service")
    for file in seeded.parent.glob("marquee.db*"):
        shutil.copy(file, folder / file.name)
    (folder / "sources.toml").write_text(SOURCES)
    settings = {
        "DATABASE_URL": f"sqlite:///{folder}/marquee.db",
        "SOURCES_FILE": str(folder / "sources.toml"),
        "HUBSPOT_BASE_URL": hubspot.url,
        "HUBSPOT_ACCESS_TOKEN": "sandbox",
        "HUBSPOT_TIME_ZONE": "Europe/Berlin",
        "OPERATOR_PASSWORD": PASSWORD,
        "VIEWER_PASSWORD": VIEWER,
        "LOG_LEVEL": "ERROR",
    }
    with pytest.MonkeyPatch.context() as environment:
        for name, value in settings.items():
            environment.setenv(name, value)
        served = Served()
        yield served
        served.stop()


@pytest.fixture(scope="module")
def state(browser, service):
    """Signed in once: what a browser then keeps."""
    context = browser.new_context()
    Visitor(context, service.url).sign_in()
    kept = context.storage_state()
    context.close()
    return kept


@pytest.fixture
def visit(browser, service, state):
    """Makes visitors with what `new_context` takes; none of them may be left with a complaint of the browser."""
    contexts, visitors = [], []

    def make(**options):
        options = {"viewport": DESK, "storage_state": state, "timezone_id": "Europe/Berlin"} | options
        contexts.append(browser.new_context(**options))
        visitors.append(Visitor(contexts[-1], service.url))
        return visitors[-1]

    yield make
    complaints = [complaint for visitor in visitors for complaint in visitor.complaints]
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def visitor(visit):
    """At a desk, in light."""
    return visit()
