"""What HubSpot's answers about tokens mean, and how a person is told."""

import pytest
from replies import reply

from handlers.forwarding.outgoing import Reply
from handlers.forwarding.tokens import WORDS, CredentialsUnavailable, explained, granted, refusal, token_path

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("version", "path"),
    [
        ("2026-03", "/oauth/2026-03/token"),
        ("2027-03-beta", "/oauth/2027-03-beta/token"),
        ("v3", "/oauth/v1/token"),
    ],
)
def test_a_version_has_its_token_endpoint(version, path):
    assert token_path(version) == path


def test_a_grant_has_all_that_was_told():
    answer = {
        "access_token": "access",
        "refresh_token": "next",
        "expires_in": 1800,
        "hub_id": 7,
        "scopes": ["a", "b"],
        "token_use": "new words",
    }
    grant = granted(reply(200, answer), "before", NOW)
    assert (grant.access_token, grant.refresh_token) == ("access", "next")
    assert (grant.renew_at, grant.ends_at) == (NOW + 1680, NOW + 1800)
    assert (grant.hub_id, grant.scopes) == (7, ("a", "b"))


@pytest.mark.parametrize("lasts", [None, "soon", 0, -5])
def test_a_lifetime_that_is_not_told_is_half_an_hour_and_the_refresh_token_stays(lasts):
    grant = granted(reply(200, {"access_token": "access", "expires_in": lasts}), "before", NOW)
    assert (grant.refresh_token, grant.renew_at) == ("before", NOW + 1680)


@pytest.mark.parametrize(
    "answer",
    [
        Reply(None, fault="dns"),
        reply(500),
        reply(200, b"<html>"),
        reply(200, []),
        reply(200, {"access_token": ""}),
        reply(200, {"access_token": 7}),
        reply(400, {"access_token": "access"}),
    ],
)
def test_anything_else_grants_nothing(answer):
    assert granted(answer, "before", NOW) is None


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (reply(400, {"error": "invalid_grant", "status": "BAD_REFRESH_TOKEN"}), "reconnect"),
        (reply(401, {"error": "invalid_grant"}), "reconnect"),
        (reply(400, {"error": "access_denied", "status": "BAD_HUB"}), "reconnect"),
        (reply(400, {"error": "invalid_client", "status": "BAD_CLIENT_SECRET"}), "bad_client"),
        (reply(401, {"error": "invalid_client"}), "bad_client"),
        (reply(400, {"error": "unsupported_grant_type"}), "token_refused"),
        (reply(400, b"<html>"), "token_refused"),
        (reply(400, {"error": ["invalid_grant"]}), "token_refused"),
        (reply(404), "token_refused"),
        (reply(302), "token_refused"),
        *((reply(status), "token_unavailable") for status in (200, 408, 423, 429, 477, 500, 502, 503, 504, 524)),
        (reply(429, {"error": "invalid_grant"}), "token_unavailable"),
        (Reply(None, fault="read_timeout"), "token_unavailable"),
    ],
)
@pytest.mark.rule(17)
def test_a_refusal_is_for_good_only_if_hubspot_says_so(answer, reason):
    assert refusal(answer) == reason


def test_reconnecting_is_said_how():
    words = str(CredentialsUnavailable("reconnect"))
    for step in ("authorize", "HUBSPOT_REFRESH_TOKEN", "restart"):
        assert step in words


def test_a_client_that_is_not_known_is_said_by_the_settings_names():
    words = str(CredentialsUnavailable("bad_client"))
    assert ("HUBSPOT_CLIENT_ID" in words, "HUBSPOT_CLIENT_SECRET" in words) == (True, True)


@pytest.mark.parametrize("reason", WORDS)
def test_a_fault_of_credentials_is_explained_by_its_word(reason):
    assert explained(Reply(None, fault=reason)) == WORDS[reason]


@pytest.mark.parametrize("answer", [reply(200, {}), reply(404), reply(429), Reply(None, fault="dns")])
def test_what_is_not_about_credentials_is_not_explained_by_them(answer):
    assert explained(answer) is None


@pytest.mark.parametrize(
    "body",
    [
        {"message": "The OAuth token used to make this call expired 20543 day(s) ago."},
        {"category": "EXPIRED_AUTHENTICATION", "context": {"expire time": ["1970-01-01T00:00:00.000Z"]}},
        {"context": {"expire time": "1970-01-01T00:00:00.000Z"}},
    ],
)
@pytest.mark.rule(16)
def test_a_token_that_ended_in_1970_is_a_wrong_string(body):
    assert "wrong string" in explained(reply(401, body))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"category": "EXPIRED_AUTHENTICATION", "message": "expired 75 second(s) ago."}, "has expired"),
        ({"category": "EXPIRED_AUTHENTICATION", "message": "expired 400 day(s) ago."}, "has expired"),
        ({"category": "INVALID_AUTHENTICATION"}, "does not know the token"),
        ({"context": {"expire time": []}}, "does not know the token"),
        (b"<html>", "does not know the token"),
    ],
)
@pytest.mark.rule(16)
def test_other_tokens_are_old_or_unknown(body, words):
    assert words in explained(reply(401, body))


@pytest.mark.parametrize("name", ["requiredGranularScopes", "requiredScopes", "missingScopes"])
@pytest.mark.rule(16)
def test_a_403_names_the_scopes_that_are_missing(name):
    body = {"category": "MISSING_SCOPES", "errors": [{"context": {name: ["crm.b", "crm.a"]}}, {"context": None}, 7]}
    assert "crm.a, crm.b" in explained(reply(403, body))


@pytest.mark.parametrize(
    "body",
    [
        {},
        b"<html>",
        {"errors": "words"},
        {"errors": [{"context": {"requiredGranularScopes": "all"}}]},
        {"context": {"missingScopes": [7, "bad\x1b[31m"]}},
    ],
)
def test_a_403_that_names_no_scope_is_said_so(body):
    assert "names no scope" in explained(reply(403, body))
