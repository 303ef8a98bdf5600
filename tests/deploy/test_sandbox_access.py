"""Who may call the sandbox, and how often."""

from datetime import datetime

import pytest

from deploy.sandbox.app import create_sandbox

ROOT = "/marketing/marketing-events/2026-03"
TOKEN = "/oauth/2026-03/token"
FORM = {"grant_type": "refresh_token", "client_id": "app", "client_secret": "secret", "refresh_token": "refresh"}
LIMIT = "X-HubSpot-RateLimit-"


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture(scope="module")
def clock():
    return Clock()


@pytest.fixture(scope="module")
def app(clock):
    return create_sandbox(clock)


@pytest.fixture
def client(app, clock):
    clock.now = 1_800_000_000.0
    app.extensions["sandbox"].reset()
    return app.test_client()


@pytest.fixture
def sandbox(client):
    return client.application.extensions["sandbox"]


def call(client, token="any", path=ROOT):
    return client.get(path, headers={"Authorization": f"Bearer {token}"})


def renew(client, **changes):
    return client.post(TOKEN, data={**FORM, **changes})


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "any"])
def test_a_call_without_a_bearer_token_is_refused(client, header):
    answer = client.get(ROOT, headers={"Authorization": header} if header else {})
    assert (answer.status_code, answer.json["category"]) == (401, "INVALID_AUTHENTICATION")
    assert answer.json["message"].startswith("Authentication credentials not found.")
    assert answer.headers["X-HubSpot-Auth-Failure"] == "401 Unauthorized"


def test_any_token_opens_unless_the_valid_ones_are_listed(client, sandbox):
    assert call(client).status_code == 200
    sandbox.configure({"tokens": ["right"]})
    assert call(client).status_code == 401
    assert call(client, "right").status_code == 200


def test_a_token_listed_as_expired_is_refused_as_such(client, sandbox):
    sandbox.configure({"expired_tokens": ["old"]})
    answer = call(client, "old")
    assert (answer.status_code, answer.json["category"]) == (401, "EXPIRED_AUTHENTICATION")
    assert answer.json["context"] == {"expire time": ["1970-01-01T00:00:00.000Z"]}


def test_a_refresh_token_is_answered_with_an_access_token(client):
    answer = renew(client).json
    assert {"access_token", "expires_in", "refresh_token", "token_type", "token_use"} <= answer.keys()
    assert (answer["refresh_token"], answer["expires_in"]) == ("refresh", 1800)
    assert call(client, answer["access_token"]).status_code == 200


def test_an_issued_token_opens_beside_listed_ones_and_expires(client, sandbox, clock):
    sandbox.configure({"tokens": ["static"], "expires_in": 60})
    token = renew(client).json["access_token"]
    assert call(client, token).status_code == 200
    clock.now += 75
    answer = call(client, token)
    assert (answer.status_code, answer.json["category"]) == (401, "EXPIRED_AUTHENTICATION")
    assert answer.json["message"] == "The OAuth token used to make this call expired 15 second(s) ago."


def test_a_refresh_token_stays_unless_rotated(client, sandbox):
    assert [renew(client).status_code for _ in range(2)] == [200, 200]
    sandbox.configure({"rotate_refresh_tokens": True, "refresh_tokens": ["refresh"]})
    new = renew(client).json["refresh_token"]
    assert renew(client).json["status"] == "BAD_REFRESH_TOKEN"
    assert renew(client, refresh_token=new).status_code == 200


@pytest.mark.parametrize(
    ("changes", "error", "status"),
    [
        ({"refresh_token": "revoked"}, "invalid_grant", "BAD_REFRESH_TOKEN"),
        ({"refresh_token": ""}, "invalid_grant", "BAD_REFRESH_TOKEN"),
        ({"client_id": "other"}, "invalid_client", "BAD_CLIENT_ID"),
        ({"client_secret": ""}, "invalid_client", "BAD_CLIENT_SECRET"),
        ({"grant_type": "password"}, "unsupported_grant_type", "BAD_GRANT_TYPE"),
    ],
)
def test_what_does_not_open_is_answered_with_400_and_which(client, sandbox, changes, error, status):
    sandbox.configure({"client_id": "app", "client_secret": "secret", "refresh_tokens": ["refresh"]})
    answer = renew(client, **changes)
    assert (answer.status_code, answer.json["error"], answer.json["status"]) == (400, error, status)
    assert answer.json["message"] == answer.json["error_description"]


def test_the_token_endpoint_takes_forms_only(client):
    assert client.post(TOKEN, json=FORM).status_code == 415


def test_the_limit_rolls(client, sandbox, clock):
    sandbox.configure({"limit": 3})
    statuses = []
    for step in (0, 4, 4, 1, 1, 1):  # at 0, 4, 8, 9, 10 and 11 seconds
        clock.now += step
        statuses.append(call(client).status_code)
    assert statuses == [200, 200, 200, 429, 200, 429]


def test_the_headers_count_down(client):
    headers = [call(client).headers for _ in range(2)]
    assert [each[f"{LIMIT}Remaining"] for each in headers] == ["189", "188"]
    assert [each[f"{LIMIT}Daily-Remaining"] for each in headers] == ["999999", "999998"]
    assert headers[0][f"{LIMIT}Max"] == "190"
    assert headers[0][f"{LIMIT}Interval-Milliseconds"] == "10000"
    assert headers[0][f"{LIMIT}Daily"] == "1000000"


@pytest.mark.parametrize("path", [ROOT, f"{ROOT}/77", "/nowhere", "/account-info/2026-03/details"])
@pytest.mark.parametrize("token", ["any", " "])
def test_every_answer_has_the_limits_and_a_correlation_id(client, path, token):
    headers = call(client, token, path).headers
    assert {f"{LIMIT}Max", f"{LIMIT}Remaining", "X-HubSpot-Correlation-Id"} <= set(headers.keys())


def test_the_correlation_id_of_the_header_is_the_one_of_the_body(client):
    answer = call(client, path=f"{ROOT}/77")
    assert answer.headers["X-HubSpot-Correlation-Id"] == answer.json["correlationId"]


def test_oauths_calls_are_not_told_of_the_day(client):
    headers = call(client, renew(client).json["access_token"]).headers
    assert f"{LIMIT}Remaining" in headers
    assert f"{LIMIT}Daily-Remaining" not in headers


def test_over_the_limit_the_answer_has_an_error_type_and_no_category(client, sandbox):
    sandbox.configure({"limit": 0})
    answer = call(client)
    assert answer.status_code == 429
    assert (answer.json["errorType"], answer.json["policyName"]) == ("RATE_LIMIT", "TEN_SECONDLY_ROLLING")
    assert answer.json["message"] == "You have reached your ten_secondly_rolling limit."
    assert {"category"}.isdisjoint(answer.json)
    assert (answer.headers[f"{LIMIT}Remaining"], answer.headers.get("Retry-After")) == ("0", None)


def test_the_daily_limit_ends_at_the_accounts_midnight(client, sandbox, clock):
    clock.now = datetime.fromisoformat("2027-06-01T23:59:50+02:00").timestamp()
    sandbox.configure({"daily_limit": 1, "time_zone": "Europe/Berlin"})
    assert [call(client).status_code for _ in range(2)] == [200, 429]
    assert call(client).json["policyName"] == "DAILY"
    assert call(client).json["message"] == "You have reached your daily limit."
    clock.now += 10
    assert call(client).status_code == 200


def test_the_account_tells_its_time_zone(client, sandbox):
    sandbox.configure({"time_zone": "America/New_York"})
    answer = call(client, path="/account-info/2026-03/details").json
    assert (answer["timeZone"], answer["portalId"]) == ("America/New_York", 1234567)


def test_the_account_tells_how_much_of_the_day_is_used(client, sandbox, clock):
    clock.now = datetime.fromisoformat("2027-06-01T12:00:00Z").timestamp()
    sandbox.configure({"time_zone": "Europe/Berlin"})
    call(client)
    [usage] = call(client, path="/account-info/2026-03/api-usage/daily/private-apps").json["results"]
    assert (usage["usageLimit"], usage["currentUsage"]) == (1_000_000, 2)
    assert usage["resetsAt"] == "2027-06-01T22:00:00.000Z"


@pytest.mark.parametrize("path", ["/crm/properties/2026-03/marketing_event", "/crm/v3/properties/marketing_event"])
def test_the_account_tells_which_properties_marketing_events_have(client, sandbox, path):
    sandbox.configure({"properties": ["venue"]})
    names = {entry["name"] for entry in call(client, path=path).json["results"]}
    assert {"venue", "hs_event_name"} <= names
    assert "city" not in names


def test_version_1_of_the_token_endpoint_tells_neither_account_nor_scopes(client):
    answer = client.post("/oauth/v1/token", data=FORM).json
    assert set(answer) == {"access_token", "refresh_token", "expires_in", "token_type"}
    assert call(client, answer["access_token"]).status_code == 200


def test_version_3_tells_the_account_too(client):
    assert call(client, path="/account-info/v3/details").json["timeZone"] == "UTC"
