"""The environment: read once, every fault in one list, no secret in any of it."""

import os
import subprocess
import sys
from zoneinfo import ZoneInfo

import pytest
from cryptography.fernet import Fernet

from handlers.configuration import configure
from handlers.errors import FaultySettings
from handlers.platforms import discover
from schemas.access import Access
from schemas.credentials import App
from schemas.settings import PROJECT, SettingsError, read_settings

KEY = Fernet.generate_key().decode()
OAUTH = {
    "HUBSPOT_CLIENT_ID": "the-app",
    "HUBSPOT_CLIENT_SECRET": "the-app-secret",
    "HUBSPOT_REFRESH_TOKEN": "the-refresh-token",
    "ENCRYPTION_KEY": KEY,
}
SOURCES = '[sources.own]\nplatform = "generic"\nsignature = "token"\nsecrets = ["${OWN_SECRET}"]\n'


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """An environment with nothing in it but what a test sets, and a usable file of sources."""
    for name in list(os.environ):
        if name.startswith(
            (
                *(
                    "HUBSPOT_",
                    "ENCRYPTION_",
                    "OPERATOR_",
                    "VIEWER_",
                    "ALERT_",
                    "AUDIT_",
                    "TRUSTED_",
                    "DATABASE_",
                    "SOURCES_",
                    "WEB_",
                    "LOG_",
                    "DRAIN_",
                ),
                *("WORKER", "PORT", "HOST"),
            )
        ):
            monkeypatch.delenv(name)
    (tmp_path / "sources.toml").write_text(SOURCES)
    monkeypatch.setenv("SOURCES_FILE", str(tmp_path / "sources.toml"))
    monkeypatch.setenv("OWN_SECRET", "the-own-secret")
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "pat-token")
    return monkeypatch


def faults():
    with pytest.raises(SettingsError) as refused:
        read_settings()
    return refused.value.faults


def all_faults():
    with pytest.raises(FaultySettings) as refused:
        configure(discover())
    return refused.value.faults


def test_everything_has_a_default_but_the_token(environment):
    settings = read_settings()
    assert (settings.hubspot_batch_size, settings.debounce_seconds, settings.port) == (100, 1.0, 8000)
    assert settings.database_url == f"sqlite:///{PROJECT}/var/marquee.db"
    assert settings.drain_seconds == 0.0


def test_without_a_token_nothing_that_sends_may_start(environment):
    environment.delenv("HUBSPOT_ACCESS_TOKEN")
    (fault,) = faults()
    assert fault.startswith("HUBSPOT_ACCESS_TOKEN: Is not set: give a token, or what OAuth needs")
    environment.setenv("WORKER", "off")
    assert (read_settings().hubspot_access_token, read_settings().hubspot_app) == (None, None)


def test_a_secret_may_come_as_a_file_with_a_newline_at_its_end(environment, tmp_path):
    (tmp_path / "token").write_text("from-the-file\n")
    environment.delenv("HUBSPOT_ACCESS_TOKEN")
    environment.setenv("HUBSPOT_ACCESS_TOKEN_FILE", str(tmp_path / "token"))
    assert read_settings().hubspot_access_token == "from-the-file"


def test_a_file_of_a_secret_that_is_not_there_is_a_fault(environment):
    environment.setenv("OPERATOR_TOKEN_FILE", "/nowhere")
    assert faults() == ["OPERATOR_TOKEN_FILE: No readable text file stands there."]


def test_an_empty_secret_counts_as_none(environment):
    environment.setenv("OPERATOR_TOKEN", "")
    assert read_settings().access == Access()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("HUBSPOT_BATCH_SIZE", value) for value in ("0", "many", "1001", "")),
        *(
            ("HUBSPOT_BASE_URL", value)
            for value in ("api.hubapi.com", "http://api.hubapi.com", "https://u:p@x.example", "ftp://x")
        ),
        *(
            ("DATABASE_URL", value)
            for value in ("postgresql+psycopg://h", "mysql://h/d", "sqlite://", "sqlite:///:memory:", "nonsense")
        ),
        ("HUBSPOT_API_VERSION", "../admin"),
        ("HUBSPOT_TIME_ZONE", "Mars/Phobos"),
        ("HUBSPOT_TIME_ZONE", "../../etc/passwd"),
        ("HUBSPOT_TIMEOUT", "0"),
        ("WORKER", "maybe"),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "LOUD"),
        ("PORT", "70000"),
        ("MAX_BODY_BYTES", "-1"),
        ("TRUSTED_PROXIES", "x"),
        *(("DRAIN_SECONDS", value) for value in ("-1", "601", "a while", "")),
    ],
)
def test_a_value_that_cannot_be_used_is_a_fault_of_that_name(environment, name, value):
    environment.setenv(name, value)
    assert [fault.partition(":")[0] for fault in faults()] == [name]


@pytest.fixture
def oauth(environment):
    """All that OAuth needs, and no static token."""
    environment.delenv("HUBSPOT_ACCESS_TOKEN")
    for name, value in OAUTH.items():
        environment.setenv(name, value)
    return environment


def test_oauth_stands_in_for_a_static_token(oauth):
    settings = read_settings()
    assert settings.hubspot_access_token is None
    assert settings.hubspot_app == App("the-app", "the-app-secret", "the-refresh-token", KEY)


@pytest.mark.parametrize("name", ["HUBSPOT_CLIENT_ID", "HUBSPOT_CLIENT_SECRET", "HUBSPOT_REFRESH_TOKEN"])
def test_oauth_needs_all_three_or_none(oauth, name):
    oauth.delenv(name)
    (fault,) = faults()
    assert fault.startswith(f"{name}: Is not set: OAuth needs")


@pytest.mark.parametrize("name", OAUTH)
def test_all_that_oauth_needs_may_come_as_files(oauth, tmp_path, name):
    (tmp_path / "secret").write_text(OAUTH[name] + "\n")
    oauth.delenv(name)
    oauth.setenv(f"{name}_FILE", str(tmp_path / "secret"))
    assert read_settings().hubspot_app == App("the-app", "the-app-secret", "the-refresh-token", KEY)


def test_a_static_token_beside_oauth_is_a_fault(oauth):
    oauth.setenv("HUBSPOT_ACCESS_TOKEN", "pat-token")
    (fault,) = faults()
    assert fault.startswith("HUBSPOT_ACCESS_TOKEN: Is set beside HUBSPOT_CLIENT_ID")


def test_oauth_needs_a_key_and_the_fault_says_how_to_make_one(oauth):
    oauth.delenv("ENCRYPTION_KEY")
    (fault,) = faults()
    command = fault.rpartition("python -c ")[2].strip('"')
    assert fault.startswith("ENCRYPTION_KEY: Is not set")
    made = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    oauth.setenv("ENCRYPTION_KEY", made.stdout.strip())
    assert read_settings().hubspot_app.encryption_key == made.stdout.strip()


@pytest.mark.parametrize("key", ["short", "x" * 44, "ü" * 44])
def test_a_key_that_is_none_is_a_fault_that_does_not_repeat_it(oauth, key):
    oauth.setenv("ENCRYPTION_KEY", key)
    (fault,) = faults()
    assert fault.startswith("ENCRYPTION_KEY: Not a key of Fernet: make one by python -c")
    assert key not in fault


def test_without_oauth_no_key_is_needed(environment):
    assert read_settings().hubspot_app is None


def test_faults_of_oauth_are_told_where_nothing_is_sent_too(oauth):
    oauth.setenv("WORKER", "off")
    oauth.delenv("HUBSPOT_CLIENT_ID")
    assert len(faults()) == 1


@pytest.mark.parametrize(("value", "zone"), [("", None), ("Europe/Berlin", ZoneInfo("Europe/Berlin"))])
def test_a_time_zone_that_is_not_set_is_left_to_the_account(environment, value, zone):
    assert read_settings().hubspot_time_zone is None
    environment.setenv("HUBSPOT_TIME_ZONE", value)
    assert read_settings().hubspot_time_zone == zone


def test_http_is_for_this_host_only(environment):
    environment.setenv("HUBSPOT_BASE_URL", "http://127.0.0.1:8001/")
    assert read_settings().hubspot_base_url == "http://127.0.0.1:8001"


def test_faults_of_the_environment_and_of_the_sources_come_together(environment, tmp_path):
    environment.setenv("PORT", "x")
    environment.delenv("OWN_SECRET")
    (tmp_path / "sources.toml").write_text(SOURCES + 'on_deleted = "maybe"\n[sources.other]\nplatform = "pretixx"\n')
    found = "\n".join(all_faults())
    assert "PORT: " in found
    assert "sources.toml: sources.own.secrets: The variable OWN_SECRET is not set." in found
    assert "sources.toml: sources.own.on_deleted: Must be one of: cancel, ignore." in found
    assert "sources.toml: sources.other.platform: No such platform: " in found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "No source is configured"),
        ("[sources]", "No source is configured"),
        ("[sources.own", "Not TOML"),
        ("[source.own]", "source: Unknown key"),
        ("sources = 7", "No source is configured"),
        ("[sources]\nown = 7", "Not a table"),
        ('[sources."a b"]\nplatform = "generic"', "Not a name"),
        ('[sources.own]\nplatform = "generic"\nsecrets = []', "No secret, no start"),
        ('[sources.own]\nplatform = "generic"', "secrets"),
        ('[sources.own]\nplatform = "eventbrite"\nsecrets = ["short"]\napi_token = "t"', "Too short"),
        (
            '[sources.own]\nplatform = "pretix"\nsecrets = ["long-enough"]\napi_url = "http://pretix.eu"',
            "not encrypted",
        ),
        (
            '[sources.own]\nplatform = "pretix"\nsecrets = ["long-enough"]\napi_url = 7\norganizers = "acme"',
            "organizers",
        ),
    ],
)
def test_a_file_of_sources_that_cannot_be_used_says_why(environment, tmp_path, text, words):
    (tmp_path / "sources.toml").write_text(text)
    assert words in "\n".join(all_faults())


def test_no_file_of_sources_is_a_fault(environment):
    environment.setenv("SOURCES_FILE", "/nowhere/sources.toml")
    (fault,) = all_faults()
    assert fault.startswith("SOURCES_FILE: sources.toml cannot be read (No such file or directory)")


def test_no_fault_repeats_a_secret(environment, tmp_path):
    environment.setenv("OWN_SECRET", "whsec_%%%")
    (tmp_path / "sources.toml").write_text(SOURCES.replace("token", "standard-webhooks"))
    assert "%%%" not in "\n".join(all_faults())


def test_settings_do_not_show_what_oauth_needs(oauth):
    shown = repr(read_settings()) + repr(read_settings().hubspot_app)
    for name in ("HUBSPOT_CLIENT_SECRET", "HUBSPOT_REFRESH_TOKEN", "ENCRYPTION_KEY"):
        assert OAUTH[name] not in shown


def test_settings_do_not_show_their_secrets(environment):
    assert "pat-token" not in repr(read_settings())
    assert "the-own-secret" not in repr(configure(discover()).sources)


def test_uncaught_the_faults_end_the_process_with_status_one(environment):
    environment.setenv("PORT", "x")
    with pytest.raises(SystemExit) as ended:
        configure(discover())
    assert str(ended.value).startswith("Marquee cannot start:\n  PORT: ")


def test_faults_of_access_and_of_alerts_stand_in_the_same_list_without_the_secrets(environment):
    environment.setenv("OPERATOR_TOKEN", "too-short")
    environment.setenv("OPERATOR_TOKENS", "ci:write:a-token-of-sixteen")
    environment.setenv("VIEWER_PASSWORD", "short")
    environment.setenv("OPERATOR_IDENTITY_HEADER", "X-Forwarded-User")
    environment.setenv("OPERATOR_IDENTITY_ROLE", "root")
    environment.setenv("ALERT_WEBHOOK_URL", "http://alerts.example.com/the-secret")
    told = faults()
    names = [
        "OPERATOR_IDENTITY_ROLE",
        "OPERATOR_TOKENS",
        "OPERATOR_TOKEN",
        "VIEWER_PASSWORD",
        "OPERATOR_IDENTITY_HEADER",
    ]
    assert [fault.partition(":")[0] for fault in told] == [*names, "ALERT_WEBHOOK_URL", "ALERT_WEBHOOK_SECRET"]
    assert not any(secret in str(told) for secret in ("too-short", "a-token-of", "the-secret"))


def test_tokens_may_come_as_a_file_with_one_on_each_line(environment, tmp_path):
    (tmp_path / "tokens").write_text("ci:operate:a-token-of-sixteen\ngrafana:read:another-token-of-it\n")
    environment.setenv("OPERATOR_TOKENS_FILE", str(tmp_path / "tokens"))
    assert [key.name for key in read_settings().access.tokens] == ["ci", "grafana"]
