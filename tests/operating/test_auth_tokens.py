"""The API is opened by a token of the settings, and by nothing else."""

import pytest
from strangers import ACCESS, READ_TOKEN, SSO, TOKEN, bearer, guarded_app

from schemas.access import Access, Key

pytestmark = pytest.mark.sqlite


@pytest.fixture
def client(database):
    return guarded_app(database).test_client()


@pytest.mark.parametrize("token", [TOKEN, READ_TOKEN])
def test_each_token_opens_the_api_under_its_own_name(client, token):
    told = client.get("/api/thing", headers=bearer(token)).json
    assert told["name"] == {TOKEN: "operator", READ_TOKEN: "grafana"}[token]
    assert told["via"] == "api"


def test_the_scheme_may_be_written_as_one_likes(client):
    assert client.get("/api/thing", headers={"Authorization": f"bearer  {TOKEN} "}).status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_who_reads_changes_nothing(client, method):
    answer = getattr(client, method)("/api/thing", headers=bearer(READ_TOKEN))
    assert (answer.status_code, answer.json["reason"]) == (403, "forbidden")
    assert getattr(client, method)("/api/thing", headers=bearer()).status_code == 200


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN.upper()}",
        f"Bearer operator:{TOKEN}",
        TOKEN,
        f"Basic {TOKEN}",
        f"Bearer {TOKEN} {TOKEN}",
        f"Bearer {TOKEN},",
        "Bearer ä€".encode().decode("latin-1"),
        "Bearer " + "x" * 5000,
    ],
)
def test_without_a_right_token_nothing_is_told(client, given):
    answer = client.get("/api/thing", headers={"Authorization": given})
    assert (answer.status_code, answer.json["reason"]) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert TOKEN not in answer.text


def test_a_token_in_the_address_opens_nothing(client):
    for query in (f"token={TOKEN}", f"access_token={TOKEN}", f"Authorization=Bearer%20{TOKEN}"):
        assert client.get(f"/api/thing?{query}").status_code == 401


def test_a_password_is_no_token(client):
    assert client.get("/api/thing", headers=bearer(ACCESS.passwords[0].secret)).status_code == 401


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/none", "/api//thing", "//api/thing", "///api/thing", "/api/thing/"]
)
def test_unknown_addresses_are_told_from_known_ones_only_inside(client, path):
    assert client.get("/", environ_overrides={"PATH_INFO": path}).status_code == 401


def test_slashes_before_an_address_are_no_way_around(client):
    """Werkzeug finds the same view behind them."""
    answer = client.get("/", environ_overrides={"PATH_INFO": "//api/thing"}, headers=bearer())
    assert answer.json["name"] == "operator"


def test_a_method_that_is_not_there_is_judged_as_well(client):
    assert client.patch("/api/thing").status_code == 401
    assert client.patch("/api/thing", headers=bearer(READ_TOKEN)).status_code == 403
    assert client.options("/api/thing").status_code == 401


@pytest.mark.parametrize("access", [Access(), SSO, Access(passwords=ACCESS.passwords)])
@pytest.mark.parametrize("method", ["get", "post", "patch", "options"])
def test_without_a_token_in_the_settings_the_api_is_not_there(database, access, method):
    answer = getattr(guarded_app(database, access).test_client(), method)("/api/thing", headers=bearer())
    assert answer.status_code == 404


def test_the_proxys_word_opens_no_api(database):
    access = Access(ACCESS.tokens, (), "X-Forwarded-User", "operate")
    client = guarded_app(database, access, 1).test_client()
    headers = {"X-Forwarded-User": "ada", "X-Forwarded-For": "192.0.2.1"}
    assert client.get("/api/thing", headers=headers).status_code == 401


def test_the_last_of_several_tokens_is_as_good_as_the_first(database):
    keys = tuple(Key(f"script-{number}", "read", f"the-token-of-number-{number}") for number in range(20))
    client = guarded_app(database, Access(keys)).test_client()
    assert client.get("/api/thing", headers=bearer(keys[0].secret)).json["name"] == "script-0"
    assert client.get("/api/thing", headers=bearer(keys[-1].secret)).json["name"] == "script-19"


def test_a_token_beyond_ascii_is_compared_as_it_was_written(database):
    client = guarded_app(database, Access((Key("own", "read", "schlüssel-aus-worten"),))).test_client()
    assert (
        client.get("/api/thing", headers=bearer("schlüssel-aus-worten".encode().decode("latin-1"))).status_code == 200
    )


def test_a_body_that_is_too_large_is_refused(client):
    answer = client.post("/api/thing", headers=bearer(), data=b"x" * 300_000)
    assert (answer.status_code, answer.json["reason"]) == (413, "request_entity_too_large")


def test_the_door_and_the_health_are_nobodys_business(client):
    assert client.post("/webhooks/tickets").text == "taken"
    assert client.get("/livez").status_code == 200
