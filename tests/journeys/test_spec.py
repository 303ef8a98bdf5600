"""Everything that is sent to HubSpot is as HubSpot's own specification has it."""

import json
import threading
from pathlib import Path

import pytest
import requests
from flask import request
from openapi_core import OpenAPI
from openapi_core.contrib.werkzeug import WerkzeugOpenAPIRequest
from openapi_core.exceptions import OpenAPIError
from running import Marquee, free_port
from senders import SECRET, marketing_events, post_all
from werkzeug.serving import make_server

from deploy.sandbox.app import create_sandbox

SPEC = json.loads((Path(__file__).parent / "spec" / "marketing-events-2026-03.json").read_text())
SOURCES = f"""
[sources.load]
platform = "generic"
signature = "token"
secrets = ["{SECRET}"]
account_id = "acme"
organizer = "Acme"
event_type = "Conference"
on_missing = "create"
"""
EVENTS = 30
FAULTS = [
    {"kind": "rate_limit", "policy": "SECONDLY", "times": 1},
    {"kind": "server_error", "times": 1},
    {"kind": "partial", "times": 1},
    {"kind": "silent_empty", "times": 1},
    {"kind": "locked", "times": 1},
]


class RecordingHubSpot:
    """The sandbox on a port of this process; every call is held against the specification as it comes."""

    def __init__(self):
        self.heard, self.faults = [], []
        app = create_sandbox()
        self.sandbox = app.extensions["sandbox"]
        app.before_request_funcs.setdefault(None, []).insert(0, self._hold_against_the_specification)
        self._specification = OpenAPI.from_dict(SPEC)
        self._server = make_server("127.0.0.1", free_port(), app, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def post(self, path, body):
        requests.post(self.url + path, json=body, timeout=10).raise_for_status()

    def _hold_against_the_specification(self):
        if not request.path.startswith("/marketing/"):
            return
        self.heard.append((request.method, request.path))
        try:
            self._specification.validate_request(WerkzeugOpenAPIRequest(request))
        except OpenAPIError as error:
            self.faults.append((request.method, request.path, f"{error}: {error.__cause__}", request.get_data()))


@pytest.fixture
def hubspot():
    running = RecordingHubSpot()
    yield running
    running.stop()


def mixed(count):
    """Every field, custom properties, cancellations, and events that HubSpot does not know."""
    for number in range(count):
        event = {"id": f"ev-{number % (2 * EVENTS)}", "version": number + 1, "eventName": f"Version {number + 1}"}
        extras = {
            0: {"startDateTime": "2027-03-28T09:00:00+02:00", "endDateTime": "2027-03-28T17:00:00.5+02:00"},
            1: {"customProperties": {"venue": "Messe", "city": 7}, "eventUrl": "https://example.com/1"},
            2: {"eventCancelled": number % 2 == 0, "eventOrganizer": "Müller & Söhne 🎪"},
            3: {"eventDescription": "x" * 3000, "eventType": "WORKSHOP"},
        }
        yield event | extras[number % 4]


@pytest.mark.timeout(180)
def test_every_call_of_a_long_mixed_run_is_valid(tmp_path, hubspot):
    hubspot.post("/sandbox/events", marketing_events(EVENTS))
    marquee = Marquee(tmp_path, SOURCES, hubspot.url, LINK_GRACE_SECONDS="2", DEBOUNCE_SECONDS="0.2").start()
    for turn, fault in enumerate([*FAULTS, None]):
        if fault:
            hubspot.post("/sandbox/faults", fault)
        post_all(marquee.port, [body | {"version": body["version"] + 1000 * turn} for body in mixed(240)])
    hubspot.sandbox.faults.clear()
    marquee.settle(120)
    marquee.stop()
    assert hubspot.faults == []
    called = {path.removeprefix("/marketing/marketing-events/2026-03") for _, path in hubspot.heard}
    assert {"/batch/update", "/events/search", "/ev-40/identifiers", "/events/upsert"} <= called


def test_the_specification_refuses_what_it_should(hubspot):
    entry = {"objectId": 7, "eventName": "A number is no objectId"}
    requests.post(
        f"{hubspot.url}/marketing/marketing-events/2026-03/batch/update",
        json={"inputs": [entry]},
        headers={"Authorization": "Bearer any"},
        timeout=10,
    )
    assert len(hubspot.faults) == 1
