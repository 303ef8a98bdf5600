"""Who is let in, as the settings say; every fault names its setting and no secret."""

import pytest

from schemas.access import Access, Key, access_faults, access_of

TOKEN, OTHER = "a-token-of-sixteen", "another-token-of-it"
PASSWORD = "a-long-password"


def faults(header="", proxies=0, **values):
    return access_faults({name.upper(): value for name, value in values.items()}, header, proxies)


def access(header="", role="read", **values):
    return access_of({name.upper(): value for name, value in values.items()}, header, role)


def test_nothing_set_opens_nothing():
    assert access() == Access()
    assert faults() == []


def test_one_token_operates_under_the_name_operator():
    assert access(operator_token=TOKEN).tokens == (Key("operator", "operate", TOKEN),)


def test_more_tokens_have_names_and_roles():
    given = f"grafana:read:{TOKEN}\n  ci:operate:{OTHER}\n"
    assert access(operator_tokens=given).tokens == (Key("grafana", "read", TOKEN), Key("ci", "operate", OTHER))
    assert faults(operator_tokens=given) == []


def test_a_token_may_hold_colons():
    assert access(operator_tokens=f"ci:read:{TOKEN}:x").tokens[0].secret == f"{TOKEN}:x"


def test_two_passwords_are_two_users():
    given = access(operator_password=PASSWORD, viewer_password=OTHER).passwords
    assert given == (Key("operator", "operate", PASSWORD), Key("viewer", "read", OTHER))


@pytest.mark.parametrize(
    "entry",
    [
        "x",
        TOKEN,
        f"ci:{TOKEN}",
        f"ci:write:{TOKEN}",
        f":read:{TOKEN}",
        "ci:read:",
        f"-:read:{TOKEN}",
        f"a/b:read:{TOKEN}",
        f"ci:READ:{TOKEN}",
    ],
)
def test_an_entry_that_is_no_token_is_told_by_its_number(entry):
    (fault,) = faults(operator_tokens=f"good:read:{OTHER} {entry}")
    assert fault.startswith("OPERATOR_TOKENS: Entry 2 is not name:role:token")
    assert TOKEN not in fault


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"operator_token": "fifteen-letters"}, "OPERATOR_TOKEN: Is shorter than 16 characters"),
        ({"operator_token": "x" * 1025}, "OPERATOR_TOKEN: Is longer than 1024 characters"),
        ({"operator_tokens": "ci:read:fifteen-letters"}, "OPERATOR_TOKENS: ci: Is shorter than 16 characters"),
        ({"operator_password": "eleven-char"}, "OPERATOR_PASSWORD: Is shorter than 12 characters"),
        ({"viewer_password": "x"}, "VIEWER_PASSWORD: Is shorter than 12 characters"),
        ({"operator_password": PASSWORD, "viewer_password": PASSWORD}, "VIEWER_PASSWORD: Is the same"),
        ({"operator_tokens": f"a:read:{TOKEN} a:read:{OTHER}"}, "OPERATOR_TOKENS: a: Two tokens have this name."),
        ({"operator_token": OTHER, "operator_tokens": f"operator:read:{TOKEN}"}, "OPERATOR_TOKENS: operator: Two"),
        ({"operator_token": TOKEN, "operator_tokens": f"a:read:{TOKEN}"}, "OPERATOR_TOKENS: Two names have the same"),
    ],
)
def test_a_secret_that_is_none_keeps_the_service_from_starting(given, fault):
    (told,) = faults(**given)
    assert told.startswith(fault)
    assert not any(secret in told for secret in (TOKEN, OTHER, PASSWORD, "fifteen-letters", "eleven-char"))


@pytest.mark.parametrize(
    "header", ["X Forwarded", "X_Forwarded_User", "X-User:", "", "ä", "-", "Cookie", "authorization", "X-Forwarded-For"]
)
def test_a_header_that_cannot_name_anybody_is_a_fault(header):
    assert [fault.partition(":")[0] for fault in faults(header, 1)] == ["OPERATOR_IDENTITY_HEADER"] * bool(header)


def test_a_header_without_a_trusted_proxy_is_a_fault_that_names_both():
    (fault,) = faults("X-Forwarded-User", 0)
    assert "OPERATOR_IDENTITY_HEADER" in fault
    assert "TRUSTED_PROXIES" in fault


def test_no_secret_stands_in_the_repr():
    given = access(operator_token=TOKEN, operator_password=PASSWORD)
    assert TOKEN not in repr(given)
    assert PASSWORD not in repr(given)
