"""The pages are opened by a session that began with a password, and by nothing else."""

import pytest
from inboxes import NOON
from strangers import ACCESS, PASSWORD, READ_PASSWORD, TOKEN, Browser, bearer, guarded_app

from handlers.inbox.audit import Wanted, entries
from handlers.inbox.database import Database
from handlers.inbox.schema import migrate
from handlers.operating.auth import IDLE_SECONDS, SESSION_SECONDS
from schemas.access import Access, Key

pytestmark = pytest.mark.sqlite
OVER_HTTPS = {"wsgi.url_scheme": "https"}


@pytest.fixture
def browser(database):
    return Browser(guarded_app(database))


@pytest.mark.parametrize(
    ("user", "password", "role"), [("operator", PASSWORD, "operate"), ("viewer", READ_PASSWORD, "read")]
)
def test_a_user_signs_in_with_their_own_password(browser, user, password, role):
    assert browser.sign_in(user, password).status_code == 303
    assert browser.get("/operator/").json == {"name": user, "role": role, "via": "page"}


@pytest.mark.parametrize(
    ("user", "password"),
    [
        ("operator", READ_PASSWORD),
        ("viewer", PASSWORD),
        ("operator", ""),
        ("", PASSWORD),
        ("Operator", PASSWORD),
        ("operator", PASSWORD + " "),
        ("operator", PASSWORD[:-1]),
        ("operator", TOKEN),
        ("operator", "x" * 100_000),
        ("operator", "ä€\x00"),
    ],
)
def test_a_wrong_user_or_password_opens_nothing_and_which_of_them_is_not_told(browser, user, password):
    answer = browser.sign_in(user, password)
    assert (answer.status_code, "The user or the password is wrong." in answer.text) == (401, True)
    assert browser.who() == 303


def test_a_form_that_is_too_large_is_refused(browser):
    assert browser.sign_in(password="x" * 300_000).status_code == 413


@pytest.mark.parametrize(
    "path", ["/operator/", "/operator", "/operator/none", "/operator/static", "/operator/staticky"]
)
def test_a_page_leads_a_stranger_to_the_form_whether_it_is_there_or_not(browser, path):
    answer = browser.get(path)
    assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (303, "/operator/login")


def test_after_signing_in_one_is_where_one_wanted_to_be(browser):
    there = browser.get("/operator/thing?a=1&b=x%20y").headers["Location"]
    assert "/operator/thing?a=1&amp;b=x%20y" in browser.get(there).text
    assert browser.sign_in(following="/operator/thing?a=1&b=x%20y").headers["Location"] == "/operator/thing?a=1&b=x%20y"


@pytest.mark.parametrize(
    "following",
    [
        "https://evil.example/operator/",
        "//evil.example/operator/",
        "/\\evil.example/operator/",
        "\\/operator/",
        "javascript:alert(1)//operator/",
        "/operator/\r\nSet-Cookie: a=b",
        "/operator",
        "/operatorx/",
        "/api/thing",
        "operator/",
        "http:/operator/",
        "///operator/",
        "/operator/login",
        "/operator/logout",
        "",
    ],
)
def test_the_form_leads_nowhere_else(browser, following):
    assert browser.sign_in(following=following).headers["Location"] == "/operator/"


def test_what_a_script_asks_for_without_a_session_is_refused_instead_of_led_astray(browser):
    answer = browser.get("/operator/", headers={"Sec-Fetch-Dest": "empty"})
    assert (answer.status_code, answer.json["reason"]) == (401, "unauthorized")
    assert browser.post("/operator/thing").status_code == 401


def test_a_token_of_the_api_opens_no_page_and_a_session_no_api(browser):
    assert browser.get("/operator/", headers=bearer()).status_code == 303
    browser.sign_in()
    assert browser.get("/api/thing").status_code == 401


def test_without_a_password_the_pages_are_not_there(database):
    browser = Browser(guarded_app(database, Access(ACCESS.tokens)))
    paths = ["/operator/", "/operator/login", "/operator/logout", "/operator/static/style.css", "/operator/none"]
    assert [browser.get(path).status_code for path in paths] == [404] * 5
    assert browser.post("/operator/login", {"user": "operator", "password": ""}).status_code == 404


def test_what_all_pages_share_is_for_everybody_and_sets_no_cookie(browser):
    answer = browser.get("/operator/static/style.css")
    assert (answer.text, answer.headers.getlist("Set-Cookie"), answer.headers.get("Vary")) == (
        "for everybody",
        [],
        None,
    )


def test_who_reads_changes_nothing_but_may_sign_out(browser):
    browser.sign_in("viewer", READ_PASSWORD)
    data = {"csrf_token": browser.token("/operator/form")}
    answer = browser.post("/operator/thing", data)
    assert (answer.status_code, answer.json["reason"]) == (403, "forbidden")
    assert browser.post("/operator/logout", data).status_code == 303
    assert browser.who() == 303


def test_the_cookie_is_for_the_pages_alone_and_no_script_reads_it(browser):
    browser.sign_in()
    cookie = browser.cookie()
    assert (cookie.path, cookie.http_only, cookie.same_site, cookie.secure) == ("/operator", True, "Lax", False)
    assert not cookie.domain or cookie.origin_only


def test_over_https_the_cookie_never_travels_without(database):
    browser = Browser(guarded_app(database), **OVER_HTTPS)
    browser.base = "https://localhost"
    browser.sign_in()
    assert browser.cookie("__Secure-marquee_operator").secure
    assert browser.cookie() is None


def test_behind_a_proxy_with_https_the_cookie_is_secure_too(database):
    browser = Browser(
        guarded_app(database, proxies=1), HTTP_X_FORWARDED_PROTO="https", HTTP_X_FORWARDED_FOR="192.0.2.1"
    )
    cookie = browser.get("/operator/login").headers["Set-Cookie"]
    assert cookie.startswith("__Secure-marquee_operator=")
    assert "; Secure" in cookie


def test_the_word_of_a_proxy_that_is_not_trusted_changes_no_cookie(database):
    browser = Browser(guarded_app(database), HTTP_X_FORWARDED_PROTO="https", HTTP_X_FORWARDED_FOR="192.0.2.1")
    assert browser.get("/operator/login").headers["Set-Cookie"].startswith("marquee_operator=")


def test_signing_in_begins_a_session_of_its_own(browser):
    before, form = browser.cookie(), browser.token()
    browser.sign_in()
    assert browser.cookie() != before
    assert browser.post("/operator/thing", {"csrf_token": form}).status_code == 400


def test_a_copy_of_the_cookie_opens_nothing_after_signing_out(browser):
    browser.sign_in()
    kept = browser.cookie().value
    browser.post("/operator/logout", {"csrf_token": browser.token("/operator/form")})
    assert browser.cookie() is None
    browser.client.set_cookie("marquee_operator", kept, path="/operator")
    assert browser.who() == 303


def test_signing_out_ends_no_other_session(database):
    app = guarded_app(database)
    first, second = Browser(app), Browser(app)
    first.sign_in()
    second.sign_in()
    first.post("/operator/logout", {"csrf_token": first.token("/operator/form")})
    assert second.who() == "operator"


def test_a_session_ends_for_good_after_half_a_day(database):
    now = [NOON]
    browser = Browser(guarded_app(database, clock=lambda: now[0]))
    browser.sign_in()
    now[0] += SESSION_SECONDS - 1
    assert browser.who() == "operator"
    now[0] += 1
    assert browser.who() == 303


def test_a_session_of_the_future_counts_for_nothing(database):
    now = [NOON]
    browser = Browser(guarded_app(database, clock=lambda: now[0]))
    browser.sign_in()
    now[0] -= 1
    assert browser.who() == 303


def test_a_session_that_nobody_uses_ends_earlier(browser, time_machine):
    time_machine.move_to(NOON)
    browser.sign_in()
    time_machine.move_to(NOON + IDLE_SECONDS)
    assert browser.who() == "operator"
    time_machine.move_to(NOON + 2 * IDLE_SECONDS)
    assert browser.who() == "operator"
    time_machine.move_to(NOON + 3 * IDLE_SECONDS + 1)
    assert browser.who() == 303


def test_another_password_ends_all_sessions(database):
    browser = Browser(guarded_app(database))
    browser.sign_in("viewer", READ_PASSWORD)
    changed = Access((), (Key("operator", "operate", "the-new-password"), ACCESS.passwords[1]))
    there = Browser(guarded_app(database, changed))
    there.client.set_cookie("marquee_operator", browser.cookie().value, path="/operator")
    assert there.who() == 303


def test_all_processes_agree_on_sessions(database):
    browser, other = Browser(guarded_app(database)), Browser(guarded_app(database))
    browser.sign_in()
    other.client.set_cookie("marquee_operator", browser.cookie().value, path="/operator")
    assert other.who() == "operator"


def _another_signature(value):
    return value[:-5] + ("A" if value[-5] != "A" else "B") + value[-4:]


@pytest.mark.parametrize("mend", [_another_signature, lambda value: "x" + value, lambda _: "", lambda _: "a.b.c"])
def test_a_cookie_that_was_meddled_with_opens_nothing(browser, mend):
    browser.sign_in()
    browser.client.set_cookie("marquee_operator", mend(browser.cookie().value), path="/operator")
    assert browser.who() == 303


def test_a_cookie_signed_by_another_inbox_opens_nothing(database, tmp_path):
    elsewhere = Database(f"sqlite:///{tmp_path}/other.db")
    migrate(elsewhere)
    other = Browser(guarded_app(elsewhere))
    other.sign_in()
    browser = Browser(guarded_app(database))
    browser.client.set_cookie("marquee_operator", other.cookie().value, path="/operator")
    assert browser.who() == 303
    elsewhere.close()


def test_the_form_before_signing_in_is_no_session(browser):
    browser.token()
    assert browser.cookie() is not None
    assert browser.who() == 303


@pytest.mark.parametrize("given", [None, "", "x", "a.b.c"])
@pytest.mark.parametrize("path", ["/operator/thing", "/operator/logout"])
def test_a_form_without_its_token_changes_nothing(browser, given, path):
    browser.sign_in()
    answer = browser.post(path, {} if given is None else {"csrf_token": given})
    assert (answer.status_code, answer.json["reason"]) == (400, "stale_form")
    assert browser.who() == "operator"


def test_another_sessions_token_changes_nothing(database):
    app = guarded_app(database)
    browser, evil = Browser(app), Browser(app)
    browser.sign_in()
    evil.sign_in("viewer", READ_PASSWORD)
    assert browser.post("/operator/thing", {"csrf_token": evil.token("/operator/form")}).status_code == 400


def test_nobody_can_be_signed_in_from_elsewhere(browser):
    browser.get("/operator/login")
    assert browser.post("/operator/login", {"user": "operator", "password": PASSWORD}).status_code == 400
    assert browser.who() == 303


def test_the_token_may_stand_in_the_header_for_scripts(browser):
    browser.sign_in()
    assert browser.post("/operator/thing", headers={"X-CSRFToken": browser.token("/operator/form")}).status_code == 200


def test_no_form_is_asked_of_the_api_and_of_the_door(browser):
    assert browser.post("/api/thing", headers=bearer()).status_code == 200
    assert browser.post("/webhooks/tickets").text == "taken"


def test_signing_in_and_out_is_written_down_and_failing_is_not(database, browser):
    browser.sign_in(password="wrong")
    browser.sign_in()
    browser.post("/operator/logout", {"csrf_token": browser.token("/operator/form")})
    told = [(entry.operator, entry.via, entry.action, entry.kind) for entry in entries(database, Wanted(), 10)]
    assert told == [("operator", "page", "signed_out", "session"), ("operator", "page", "signed_in", "session")]


def test_where_the_inbox_cannot_be_read_nobody_is_let_in(database, browser):
    browser.sign_in()
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE ended_session RENAME TO hidden")
    assert browser.get("/operator/").status_code == 503
