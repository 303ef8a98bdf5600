"""Addresses: those that visitors follow, and those that are asked."""

import pytest
from marshmallow import ValidationError

from schemas.addresses import BaseUrl, WebUrl, fit_for_an_address


def fault(field, value):
    with pytest.raises(ValidationError) as refused:
        field.deserialize(value)
    return refused.value.messages[0]


@pytest.mark.parametrize(
    "value", ["https://example.com/e/1", "http://127.0.0.1:8345/acme/gala/", "https://münchen.example/?a=b#c"]
)
def test_an_address_that_a_visitor_can_follow_is_taken_as_it_is(value):
    assert WebUrl().deserialize(value) == value


@pytest.mark.parametrize(
    "value",
    [
        *(
            "javascript:alert(1)",
            "/events/1",
            "example.com",
            "ftp://example.com",
            "https://",
            "https://user:pass@example.com",
        ),
        *(
            "https://exa mple.com",
            "https://example.com/\n",
            "https://example.com:99999",
            "https://[::1",
            "https:\\\\example.com",
        ),
        *("https://example.com/" + "x" * 2048, "", 7, None, [], "data:text/html,x"),
    ],
)
def test_an_address_that_leads_nowhere_or_elsewhere_is_refused(value):
    assert fault(WebUrl(), value)


@pytest.mark.parametrize(
    "value",
    ["http://[::1]:8345/acme", "https://example.com:8443", "HTTPS://Example.com/", "https://example.com/?u=a@b"],
)
def test_ports_numbers_and_capitals_do_not_spoil_an_address(value):
    assert WebUrl().deserialize(value) == value


def test_an_address_that_is_refused_is_not_repeated():
    assert "hunter2" not in fault(WebUrl(), "https://ada:hunter2@example.com")


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("https://pretix.eu", "https://pretix.eu"),
        ("https://pretix.eu/", "https://pretix.eu"),
        ("https://tickets.example:8443/", "https://tickets.example:8443"),
        ("http://127.0.0.1:8345", "http://127.0.0.1:8345"),
        ("http://localhost:8345/", "http://localhost:8345"),
        ("http://[::1]:8345", "http://[::1]:8345"),
    ],
)
def test_a_host_that_may_be_asked_is_kept_without_its_slash(value, kept):
    assert BaseUrl().deserialize(value) == kept


@pytest.mark.parametrize(
    "value",
    [
        *(
            "http://pretix.eu",
            "http://10.0.0.1",
            "http://127.0.0.1.evil.example",
            "ftp://pretix.eu",
            "pretix.eu",
            "",
            7,
            [],
        ),
        *(
            "https://pretix.eu/api",
            "https://pretix.eu//",
            "https://pretix.eu?x=y",
            "https://pretix.eu/?",
            "https://pretix.eu/#",
        ),
        *(
            "https://u:p@pretix.eu",
            "https://:p@pretix.eu",
            "https://pretix.eu:0",
            "https://[::1",
            "https://pre tix.eu",
            "https://",
        ),
    ],
)
def test_a_host_that_is_not_encrypted_or_more_than_a_host_is_refused(value):
    assert fault(BaseUrl(), value)


def test_a_secret_of_an_address_can_stand_in_one():
    fit_for_an_address(["whsec_bmV3ZXI=", "a-b_c.d~e"])
    for secret in ("a/b", "a?b", "a#b", "a%2Fb", "a b", "ä", ""):
        with pytest.raises(ValidationError):
            fit_for_an_address(["good", secret])
