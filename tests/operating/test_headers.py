"""What browsers may do with the operator's answers, whatever the answer is."""

import pytest
from strangers import Browser, bearer, guarded_app

from handlers.operating.headers import HEADERS, POLICY

pytestmark = pytest.mark.sqlite
SECURE = {"wsgi.url_scheme": "https"}


@pytest.fixture
def client(database):
    return guarded_app(database).test_client()


@pytest.mark.parametrize(
    ("path", "given", "status"),
    [
        ("/api/thing", bearer(), 200),
        ("/api/thing", {}, 401),
        ("/api/none", bearer(), 404),
        ("/operator/", {}, 303),
        ("/operator/login", {}, 200),
        ("/operator/static/style.css", {}, 200),
        ("/docs", {}, 200),
        ("/docs/none", {}, 404),
        ("/openapi.json", {}, 200),
    ],
)
def test_every_answer_below_the_operators_addresses_has_them_all(client, path, given, status):
    answer = client.get(path, headers=given)
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in HEADERS} == dict(HEADERS)


def test_nothing_of_a_page_may_stand_in_the_page_itself():
    assert "unsafe" not in POLICY
    assert "*" not in POLICY
    assert POLICY.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in POLICY


def test_https_is_insisted_on_only_where_it_is_there(client):
    assert "Strict-Transport-Security" not in client.get("/docs").headers
    assert client.get("/docs", environ_overrides=SECURE).headers["Strict-Transport-Security"] == "max-age=31536000"


def test_a_proxys_https_counts_only_where_the_proxy_is_trusted(database):
    given = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
    for proxies, said in ((0, False), (1, True)):
        answer = guarded_app(database, proxies=proxies).test_client().get("/docs", headers=given)
        assert ("Strict-Transport-Security" in answer.headers) == said


def test_what_an_answer_says_itself_stays(database):
    app = guarded_app(database)
    app.add_url_rule("/docs/file", "file", lambda: ("text", {"Cache-Control": "public, max-age=60"}))
    answer = app.test_client().get("/docs/file")
    assert answer.headers.getlist("Cache-Control") == ["public, max-age=60"]
    assert answer.headers["Content-Security-Policy"] == POLICY


def test_the_door_has_none_of_them_nor_a_cookie(database):
    browser = Browser(guarded_app(database))
    answer = browser.post("/webhooks/tickets")
    assert [name for name in (*HEADERS, "Set-Cookie", "Vary") if name in answer.headers] == []
