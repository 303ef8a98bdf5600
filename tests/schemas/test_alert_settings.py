"""Where alerts go, as the settings say; neither the address nor the secret stands in a fault."""

import base64

import pytest

from schemas.alerts import Receiver, receiver_faults, receiver_of

SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
URL = "https://alerts.example.com/hook/the-secret?to=ops"


def values(url=URL, secret=SECRET):
    return {"ALERT_WEBHOOK_URL": url, "ALERT_WEBHOOK_SECRET": secret}


def test_without_either_there_are_no_alerts():
    assert (receiver_of(values(None, None)), receiver_faults(values(None, None))) == (None, [])


def test_an_address_is_a_host_and_a_path_on_it():
    assert receiver_of(values()) == Receiver("https://alerts.example.com", "/hook/the-secret?to=ops", SECRET)
    assert receiver_of(values("https://alerts.example.com")).path == "/"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_on_this_host_it_need_not_be_encrypted(host):
    assert receiver_of(values(f"http://{host}:9000/x")).base_url == f"http://{host}:9000"


@pytest.mark.parametrize(
    "url",
    [
        "http://alerts.example.com/the-secret",
        "ftp://alerts.example.com/the-secret",
        "https:///the-secret",
        "https://user:the-secret@alerts.example.com/",
        "https://alerts.example.com/#the-secret",
        "https://alerts.example.com/../the-secret",
        "https://alerts.example.com//the-secret",
        "https://alerts.example.com:port/the-secret",
        "https://[::1/the-secret",
        "https://alerts.example.com/the-secret\n",
        "https://alerts.example.com/the-secret é",
        "https://alerts.example.com/the-secret" + "x" * 2000,
        "the-secret",
        "http://localhost.evil.example/the-secret",
        "http://127.0.0.1@evil.example/the-secret",
    ],
)
def test_an_address_that_is_none_or_is_not_encrypted_is_a_fault(url):
    (fault,) = receiver_faults(values(url))
    assert fault.startswith("ALERT_WEBHOOK_URL: ")
    assert "the-secret" not in fault
    assert receiver_of(values(url)) is None


@pytest.mark.parametrize(
    "secret",
    ["whsec_", "whsec_c2hvcnQ=", SECRET.removeprefix("whsec_"), SECRET[:-1], "whsec_" + "!" * 44, "whsec_ä" + "A" * 43],
)
def test_a_secret_that_is_none_is_a_fault(secret):
    (fault,) = receiver_faults(values(secret=secret))
    assert fault.startswith("ALERT_WEBHOOK_SECRET: Not a secret of Standard Webhooks")
    assert secret not in fault or secret == "whsec_"


@pytest.mark.parametrize(
    ("given", "missing"), [({"url": None}, "ALERT_WEBHOOK_URL"), ({"secret": None}, "ALERT_WEBHOOK_SECRET")]
)
def test_one_without_the_other_is_a_fault(given, missing):
    (fault,) = receiver_faults(values(**given))
    assert fault.startswith(f"{missing}: Is not set")


def test_neither_stands_in_the_repr():
    assert "secret" not in repr(receiver_of(values())).lower().replace("receiver", "")
