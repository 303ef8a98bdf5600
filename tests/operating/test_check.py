"""`flask check` asks HubSpot everything that can be known before anything is sent, and changes nothing there."""

import os
import subprocess
import sys

import pytest
import requests
from cryptography.fernet import Fernet
from running import PROJECT, Sandbox

from app import create_app
from handlers.configuration import Configuration, configure
from handlers.errors import FaultySettings
from handlers.inbox.database import Database
from handlers.operating import checking
from handlers.platforms import discover

SOURCES = """
[sources.shop]
platform = "generic"
signature = "token"
secrets = ["a-secret-of-the-shop"]

[sources.shop.custom_properties]
venue = "location.name"
"""
OAUTH = {
    "HUBSPOT_CLIENT_ID": "app",
    "HUBSPOT_CLIENT_SECRET": "client-secret",
    "HUBSPOT_REFRESH_TOKEN": "refresh-0",
    "ENCRYPTION_KEY": Fernet.generate_key().decode(),
}
ACCESS = {"client_id": "app", "client_secret": "client-secret", "refresh_tokens": ["refresh-0"]}


@pytest.fixture(scope="module")
def running():
    sandbox = Sandbox().start()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(running):
    """As new."""
    requests.post(f"{running.url}/sandbox/reset", timeout=10).raise_for_status()
    return running


@pytest.fixture
def settings(tmp_path, sandbox):
    (tmp_path / "sources.toml").write_text(SOURCES)
    return {
        "SOURCES_FILE": str(tmp_path / "sources.toml"),
        "DATABASE_URL": f"sqlite:///{tmp_path}/check.db",
        "HUBSPOT_BASE_URL": sandbox.url,
        "HUBSPOT_ACCESS_TOKEN": "pat-sandbox",
        "LOG_LEVEL": "ERROR",
    }


@pytest.fixture
def check(settings, monkeypatch):
    """Runs the check with changes of the settings; None takes one away. Returns the exit status and all that was said."""

    def run(**changes):
        for name, value in {**settings, **changes}.items():
            monkeypatch.delenv(name, raising=False) if value is None else monkeypatch.setenv(name, value)
        app = create_app(configure(discover()))
        result = app.test_cli_runner().invoke(args=["check"])
        app.extensions["marquee"].stop()
        return result.exit_code, result.output

    return run


@pytest.fixture
def check_oauth(check, sandbox):
    sandbox.configure(**ACCESS)
    return lambda **changes: check(**{"HUBSPOT_ACCESS_TOKEN": None, **OAUTH, **changes})


def test_all_is_told_of_a_static_token(check, sandbox):
    sandbox.configure(time_zone="Europe/Berlin")
    status, said = check()
    assert status == 0
    for words in (
        "source   shop: generic, 1 secret(s)",
        "token    static, of a private app or a service key",
        "scopes   crm.objects.marketing_events.read, crm.objects.marketing_events.write (by what HubSpot answers)",
        "account  hub 1234567, time zone Europe/Berlin",
        "limits   190 calls in 10 s, 189 left; 1000000 a day, 999999 left",
        "day      4 of 1000000 calls used, until 20",
        "custom   1 properties mapped",
        "All is well.",
    ):
        assert words in said


def test_a_token_of_another_kind_is_said_so(check):
    assert "static, of a kind that is not known" in check(HUBSPOT_ACCESS_TOKEN="something")[1]


def test_nothing_is_changed_in_hubspot(check, sandbox):
    check()
    assert {call["method"] for call in sandbox.calls()["last"]} == {"GET"}


def test_all_is_told_of_oauth(check_oauth):
    status, said = check_oauth()
    assert status == 0
    for words in (
        "token    OAuth, renewed by a refresh token",
        "scopes   crm.objects.marketing_events.read, crm.objects.marketing_events.write\n",
        "limits   190 calls in 10 s, 189 left\n",
    ):
        assert words in said


def test_oauth_of_version_3_is_judged_by_what_answers(check_oauth):
    status, said = check_oauth(HUBSPOT_API_VERSION="v3")
    assert (status, "write (by what HubSpot answers)" in said) == (0, True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"refresh_tokens": ["another"]}, "put the new refresh token into HUBSPOT_REFRESH_TOKEN"),
        ({"client_secret": "another"}, "compare HUBSPOT_CLIENT_ID and HUBSPOT_CLIENT_SECRET"),
    ],
)
def test_oauth_that_opens_nothing_is_a_fault_that_says_what_to_do(check_oauth, sandbox, changes, words):
    sandbox.configure(**changes)
    status, said = check_oauth()
    assert (status, words in said, "1 fault(s)." in said) == (1, True, True)


def test_a_wrong_string_for_a_token_is_said_so(check, sandbox):
    sandbox.configure(expired_tokens=["pat-sandbox"])
    status, said = check()
    assert (status, "is a wrong string" in said) == (1, True)


@pytest.mark.parametrize("path", ["/events/search", "/associations/"])
def test_a_missing_scope_is_a_fault_by_its_name(check, sandbox, path):
    sandbox.fault("forbidden", path=path)
    status, said = check()
    assert (status, "give it crm.objects.marketing_events.write" in said) == (1, True)


def test_hubspot_that_does_not_answer_is_a_fault(check):
    status, said = check(HUBSPOT_BASE_URL="http://127.0.0.1:9")
    assert (status, "fault    HubSpot at http://127.0.0.1:9: " in said) == (1, True)


def test_a_custom_property_that_hubspot_lacks_is_a_fault_by_its_name(check, sandbox):
    sandbox.configure(properties=["city"])
    status, said = check()
    assert (status, "sources.shop.custom_properties.venue: HubSpot's marketing events have no such" in said) == (
        1,
        True,
    )


def test_version_3_lists_its_properties_elsewhere(check, sandbox):
    assert check(HUBSPOT_API_VERSION="v3")[0] == 0
    sandbox.configure(properties=["city"])
    assert check(HUBSPOT_API_VERSION="v3")[0] == 1


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/properties/", "properties could not be checked (HubSpot answers 403)"),
        ("/details", "account  not told (HubSpot answers 403)"),
        ("/api-usage/", "day      not told (HubSpot answers 403)"),
    ],
)
def test_what_hubspot_does_not_tell_is_said_and_is_no_fault(check, sandbox, path, words):
    sandbox.fault("forbidden", path=path)
    status, said = check()
    assert (status, words in said) == (0, True)


def test_sources_that_map_no_custom_property_need_no_look_at_them(check, sandbox, tmp_path):
    (tmp_path / "sources.toml").write_text(SOURCES.partition("[sources.shop.custom_properties]")[0])
    assert "custom" not in check()[1]
    assert all("/properties/" not in call["path"] for call in sandbox.calls()["last"])


class Broken:
    """A service whose database is at fault, and which has no credentials."""

    def __init__(self, database, configuration):
        self.database = database
        self.configuration = configuration

    def hubspot(self):
        raise FaultySettings(["HUBSPOT_ACCESS_TOKEN: Is not set."])


def test_faults_of_the_database_are_told_with_all_others(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/empty.db")
    service = Broken(database, Configuration(None, {}))
    assert [finding.text for finding in checking.check(service)] == [
        "DATABASE_URL: its schema is not this version's",
        "HUBSPOT_ACCESS_TOKEN: Is not set.",
    ]
    (tmp_path / "empty.db").write_bytes(b"not a database" * 100)
    database.engine.dispose()
    assert "The database cannot be used" in next(checking.check(service)).text
    database.close()


@pytest.mark.postgresql
def test_a_server_that_may_lose_what_was_acknowledged_is_a_fault(check, database_url):
    status, said = check(DATABASE_URL=database_url)
    assert status == 1
    for words in ("fsync is off", "full_page_writes is off", "synchronous_commit is off"):
        assert f"fault    DATABASE_URL: {words}" in said
    assert "its schema is not" not in said


def test_without_any_credentials_there_is_one_fault(check):
    status, said = check(HUBSPOT_ACCESS_TOKEN=None, WORKER="off")
    assert (status, "HUBSPOT_ACCESS_TOKEN: Is not set" in said) == (1, True)


def test_the_log_of_a_token_has_its_status_and_no_secret_and_another_key_is_said_so(settings, sandbox):
    sandbox.configure(**ACCESS)
    said = _process(settings | OAUTH, "-c", TOKEN)
    assert '"action":"hubspot.token"' in said
    assert '"status":200' in said
    for secret in (OAUTH["HUBSPOT_CLIENT_SECRET"], OAUTH["HUBSPOT_REFRESH_TOKEN"], OAUTH["ENCRYPTION_KEY"], "access-"):
        assert secret not in said
    assert "ENCRYPTION_KEY does not open" not in said
    other_key = {"ENCRYPTION_KEY": Fernet.generate_key().decode()}
    assert "ENCRYPTION_KEY does not open" in _process(settings | OAUTH | other_key, "-m", "flask", "check")


TOKEN = "from app import create_app; create_app().extensions['marquee'].credentials.token()"


def _process(settings, *words):
    """All that a process of its own says."""
    environment = {"PATH": os.environ["PATH"], **settings, "LOG_LEVEL": "INFO"}
    del environment["HUBSPOT_ACCESS_TOKEN"]
    done = subprocess.run(
        [sys.executable, *words],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout + done.stderr
