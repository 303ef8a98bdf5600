"""A hostile client at the real service: raw requests, forged headers, cookies from elsewhere."""

import re
import socket

import pytest
import requests
from running import Marquee

SOURCES = '[sources.tickets]\nplatform = "generic"\nsignature = "token"\nsecrets = ["the-secret-of-tickets"]\naccount_id = "acme"\n'
TOKEN, PASSWORD = "operators-token-of-tests", "a-password-of-tests"
FIELD = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def marquee(tmp_path_factory):
    running = Marquee(
        tmp_path_factory.mktemp("strangers"),
        SOURCES,
        "http://127.0.0.1:9",
        WORKER="off",
        OPERATOR_PASSWORD=PASSWORD,
        OPERATOR_IDENTITY_HEADER="X-Forwarded-User",
        TRUSTED_PROXIES="1",
    ).start()
    yield running
    running.stop()


def raw(marquee, request):
    """The status and the head of the answer to these very bytes."""
    with socket.create_connection(("127.0.0.1", marquee.port), timeout=10) as connection:
        connection.sendall(request.replace("\n", "\r\n").encode("latin-1"))
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode("latin-1")
    return int(answer.split(" ", 2)[1]), answer.partition("\r\n\r\n")[0]


def get(path, *lines):
    return f"GET {path} HTTP/1.1\nHost: marquee\nConnection: close\n" + "".join(f"{line}\n" for line in lines) + "\n"


def form(session, marquee, **given):
    return FIELD.search(session.get(f"{marquee.url}/operator/login", timeout=10, **given).text)[1]


def signed_in(marquee):
    session = requests.Session()
    session.headers["X-Forwarded-For"] = "192.0.2.77"
    data = {"user": "operator", "password": PASSWORD, "csrf_token": form(session, marquee)}
    answer = session.post(f"{marquee.url}/operator/login", data, allow_redirects=False, timeout=10)
    assert answer.status_code == 303
    return session


@pytest.mark.parametrize(
    "path",
    [
        "/api/status",
        "//api/status",
        "/./api/status",
        "/%61pi/status",
        "/api%2Fstatus",
        "/API/status",
        "http://x/api/status",
        "/api/status;x",
    ],
)
def test_no_way_of_writing_an_address_opens_the_api(marquee, path):
    assert raw(marquee, get(path))[0] in (401, 404)


@pytest.mark.parametrize(
    "lines",
    [
        ("X-Forwarded-User: ada",),
        ("X_Forwarded_User: ada", "X-Forwarded-For: 192.0.2.1"),
        ("X-Forwarded-User: evil", "X-Forwarded-User: ada", "X-Forwarded-For: 192.0.2.1"),
        ("X-Forwarded-User: evil,ada", "X-Forwarded-For: 192.0.2.1"),
        ("X-Forwarded-User : ada", "X-Forwarded-For: 192.0.2.1"),
        ("X-Forwarded-User:", "X-Forwarded-For: 192.0.2.1"),
        ("X-Forwarded-User: ada", "X-Forwarded-For:"),
        ("X-Forwarded-User: ada", "X-Forwarded-For: ,"),
        ("Remote-User: ada", "X-Forwarded-For: 192.0.2.1"),
    ],
)
def test_no_forged_header_opens_a_page(marquee, lines):
    assert raw(marquee, get("/operator/", *lines))[0] in (303, 400, 401)


def test_the_proxys_header_opens_a_page(marquee):
    assert raw(marquee, get("/operator/", "X-Forwarded-User: ada", "X-Forwarded-For: 192.0.2.1"))[0] == 200


@pytest.mark.parametrize(
    "lines",
    [
        (f"Authorization: Bearer {TOKEN}x",),
        (f"Authorization: Bearer x{TOKEN}",),
        ("Authorization: Bearer wrong-token", f"Authorization: Bearer {TOKEN}"),
        (f"Proxy-Authorization: Bearer {TOKEN}",),
        (f"Cookie: token={TOKEN}",),
    ],
)
def test_no_other_header_opens_the_api(marquee, lines):
    assert raw(marquee, get("/api/status", *lines, "X-Forwarded-For: 192.0.2.9"))[0] == 401


def test_the_token_opens_the_api_with_all_guards_on_the_answer(marquee):
    status, head = raw(marquee, get("/api/status", f"Authorization: Bearer {TOKEN}"))
    assert status == 200
    for header in (
        "Content-Security-Policy: default-src 'none'",
        "X-Content-Type-Options: nosniff",
        "Cache-Control: no-store",
    ):
        assert header in head
    assert "Set-Cookie" not in head


def test_the_form_signs_in_and_every_page_has_its_guards(marquee):
    session = signed_in(marquee)
    answer = session.get(f"{marquee.url}/operator/", timeout=10)
    assert answer.status_code == 200
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_cookie_over_https_is_secure(marquee):
    answer = requests.get(
        f"{marquee.url}/operator/login",
        headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"},
        timeout=10,
    )
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Secure-marquee_operator=")
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/operator"):
        assert f"; {part}" in cookie
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_a_kept_cookie_is_worth_nothing_after_signing_out(marquee):
    session = signed_in(marquee)
    kept = dict(session.cookies)
    page = session.get(f"{marquee.url}/operator/", timeout=10).text
    session.post(f"{marquee.url}/operator/logout", {"csrf_token": FIELD.search(page)[1]}, timeout=10)
    answer = requests.get(f"{marquee.url}/operator/", cookies=kept, allow_redirects=False, timeout=10)
    assert answer.status_code == 303


def test_a_form_of_another_site_changes_nothing(marquee):
    session = signed_in(marquee)
    answer = session.post(f"{marquee.url}/operator/logout", {}, headers={"Origin": "https://evil.example"}, timeout=10)
    assert answer.status_code == 400
    assert session.get(f"{marquee.url}/operator/", allow_redirects=False, timeout=10).status_code == 200


def test_guesses_are_counted_over_the_processes(marquee):
    def guess(token):
        headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": "192.0.2.55"}
        return requests.get(f"{marquee.url}/api/status", headers=headers, timeout=10)

    assert [guess("a-wrong-token-of-16").status_code for _ in range(10)] == [401] * 10
    answer = guess(TOKEN)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 300


def test_a_huge_form_is_refused_before_it_is_kept(marquee):
    session = requests.Session()
    data = {"user": "operator", "password": "x" * 1_000_000, "csrf_token": form(session, marquee)}
    assert session.post(f"{marquee.url}/operator/login", data, timeout=10).status_code == 413


def test_webhooks_want_none_of_all_that(marquee):
    answer = requests.post(
        f"{marquee.url}/webhooks/tickets",
        json={"id": "ev-1"},
        headers={"Authorization": "the-secret-of-tickets", "X-Forwarded-User": "evil", "Cookie": "marquee_operator=x"},
        timeout=10,
    )
    assert answer.status_code == 202
    assert "Set-Cookie" not in answer.headers
