"""In the app as it is wired: whatever address there is, a stranger is let in only where that is meant."""

import pytest
from strangers import PASSWORD, READ_TOKEN, TOKEN, bearer

from app import create_app
from handlers.configuration import Configuration
from schemas.settings import read_settings

OPEN = ("/webhooks/", "/livez", "/readyz", "/metrics", "/docs", "/openapi.json", "/operator/login", "/operator/static/")
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    with pytest.MonkeyPatch.context() as environment:
        given = {
            "DATABASE_URL": f"sqlite:///{tmp_path_factory.mktemp('guarded')}/marquee.db",
            "WORKER": "off",
            "OPERATOR_TOKEN": TOKEN,
            "OPERATOR_TOKENS": f"grafana:read:{READ_TOKEN}",
            "OPERATOR_PASSWORD": PASSWORD,
        }
        for name, value in given.items():
            environment.setenv(name, value)
        made = create_app(Configuration(read_settings(), {}))
    yield made
    made.extensions["marquee"].stop()


def closed(app):
    """Every address with its methods, but those that are meant for everybody."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        values = {name: converter_value(rule, name) for name in rule.arguments}
        address = adapter.build(rule.endpoint, values, method=next(iter(rule.methods)))
        if not rule.rule.startswith(OPEN):
            yield from ((address, method) for method in sorted(rule.methods & METHODS))


def converter_value(rule, name):
    return 1 if "int" in type(rule._converters[name]).__name__.lower() else "x"


def test_a_stranger_is_refused_at_every_other_address(app):
    client = app.test_client()
    answers = {(address, method): client.open(address, method=method).status_code for address, method in closed(app)}
    assert len(answers) > 20
    assert {where: status for where, status in answers.items() if status not in (303, 401)} == {}


def test_a_reader_changes_nothing_anywhere(app):
    client = app.test_client()
    changing = [(address, method) for address, method in closed(app) if method != "GET" and address.startswith("/api")]
    answers = {
        where: client.open(where[0], method=where[1], headers=bearer(READ_TOKEN)).status_code for where in changing
    }
    assert len(answers) >= 3
    assert set(answers.values()) == {403}


def test_nothing_stands_outside_of_what_is_guarded_or_meant_for_everybody(app):
    outside = [
        rule.rule for rule in app.url_map.iter_rules() if not rule.rule.startswith((*OPEN, "/api/", "/operator"))
    ]
    assert outside == []
