"""The whole app does what `/openapi.json` says of it, whatever is sent: https://schemathesis.readthedocs.io."""

import json

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inboxes import NOON, arrival, queue
from jsonschema import Draft202012Validator
from operator_app import sources_of_tests
from recorded import source
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks
from strangers import TOKEN, bearer

from app import create_app
from handlers.configuration import Configuration
from handlers.inbox.queue import Attempt, Input, Outcome, Settlement, State
from handlers.inbox.writer import Writer
from handlers.operating.api import OPERATIONS
from handlers.operating.describing import describe
from schemas.settings import read_settings

DESCRIPTION = describe(OPERATIONS)
DESCRIBED = [(path, method) for path, methods in DESCRIPTION["paths"].items() for method in methods]
CHECKS = (
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
)
SECRET = "a-secret-of-the-description"


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """With something of everything in it."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATABASE_URL", f"sqlite:///{tmp_path_factory.mktemp('described')}/marquee.db")
        environment.setenv("WORKER", "off")
        environment.setenv("OPERATOR_TOKEN", TOKEN)
        own = source("generic", signature="token", secrets=[SECRET])
        sources = sources_of_tests() | {"tickets": type(own)(**vars(own) | {"name": "tickets"})}
        made = create_app(Configuration(read_settings(), sources))
    marquee = made.extensions["marquee"]
    fill(marquee.database)
    yield made
    marquee.stop()


def fill(database):
    Writer(database, 0.0).store_all([arrival("ev-1"), arrival(None, errors={"id": ["Is missing."]})])
    inbox = queue(database)
    (changed,) = inbox.take(NOON + 9, 10, ())
    fields = {"eventName": "Gala"}
    call = Attempt("b-1", NOON, 0.1, 200, None, "COMPLETE", 1, 1, 0, "c-1", [Input(changed.id, fields, "confirmed")])
    inbox.settle([Settlement(changed, [Outcome(1, NOON, "sent")], State(fields))], NOON + 9, call)


@pytest.fixture(scope="module")
def described(app):
    return schemathesis.openapi.from_wsgi("/openapi.json", app)


@pytest.mark.parametrize(("path", "method"), DESCRIBED, ids=lambda part: part)
def test_nothing_is_answered_that_is_not_described(described, path, method):
    is_webhook = path.startswith("/webhooks")
    headers = {"Authorization": f"Bearer {SECRET}"} if is_webhook else bearer(TOKEN)

    @settings(max_examples=15, suppress_health_check=list(HealthCheck))
    @given(case=described[path][method].as_strategy(), known=st.booleans())
    def answered(case, known):
        if known:
            names = {"source": "tickets", "external_id": "ev-1", "number": 1, "token": SECRET}
            case.path_parameters.update({name: names[name] for name in case.path_parameters})
        case.call_and_validate(headers=headers, checks=list(CHECKS))

    answered()


def test_every_route_for_others_is_described_and_nothing_else(app):
    """Pages are for people, and the viewer's files for the viewer."""
    rules = {
        (rule.rule, method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(("/api", "/livez", "/readyz", "/metrics"))
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    plain = {(path, method) for path, method in DESCRIBED if not path.startswith("/webhooks")}
    assert {method for _, method in rules} <= {"get", "post", "put"}
    assert len(rules) == len(plain)
    for path, method in plain:
        assert any(method == other and as_written(rule) == path for rule, other in rules), path


def as_written(rule):
    """Flask's rule as OpenAPI writes it."""
    return "/".join(
        "{" + part.strip("<>").rpartition(":")[2] + "}" if part.startswith("<") else part for part in rule.split("/")
    )


def test_the_description_is_openapi_3_1(app):
    answer = app.test_client().get("/openapi.json")
    assert (answer.status_code, answer.content_type, answer.json["openapi"]) == (200, "application/json", "3.1.0")
    for schema in answer.json["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_the_description_tells_no_secret_and_no_host(app):
    text = json.dumps(app.test_client().get("/openapi.json").json)
    assert not any(word in text for word in (SECRET, TOKEN, "tickets", "localhost"))


@pytest.mark.parametrize("path", ["/docs", "/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css", "/docs/begin.js"])
def test_the_viewer_and_its_files_are_served_from_here(app, path):
    answer = app.test_client().get(path)
    assert (answer.status_code, "script-src 'self'" in answer.headers["Content-Security-Policy"]) == (200, True)
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_the_viewers_page_asks_no_other_host_and_holds_no_script(app):
    page = app.test_client().get("/docs").text
    assert "//" not in page
    assert page.count("<script ") == page.count("></script>") == 2
    assert not any(word in page for word in ("<style", "style=", "onload"))


@pytest.mark.parametrize(
    "name", ["none.js", "..%2f__init__.py", "../describing.py", "index.html", "oauth2-redirect.html"]
)
def test_no_other_file_is_served(app, name):
    assert app.test_client().get(f"/docs/{name}").status_code == 404
