"""Processes with OAuth before the sandbox's token endpoint, in this one process, with a clock moved by hand."""

import time
from threading import Lock

from cryptography.fernet import Fernet
from prometheus_client import CollectorRegistry

from deploy.sandbox.app import create_sandbox
from handlers.forwarding.credentials import OAuth
from handlers.forwarding.outgoing import Reply
from handlers.forwarding.safe import Safe
from handlers.forwarding.token_endpoint import TokenEndpoint
from handlers.metrics import Metrics
from schemas.credentials import App

KEY = Fernet.generate_key().decode()
CREDENTIALS = {"client_id": "app", "client_secret": "client-secret", "refresh_tokens": ["refresh-0"]}


class Clock:
    """One clock for all: it stands still."""

    def __init__(self):
        self.now = 1_800_000_000.0

    def __call__(self):
        return self.now


class HubSpot:
    """The sandbox behind `call`, as `Outgoing` has it; `answer` comes instead while it is set."""

    def __init__(self, clock, seconds=0.0):
        self.app = create_sandbox(clock)
        self.sandbox = self.app.extensions["sandbox"]
        self.sandbox.configure({**CREDENTIALS, "rotate_refresh_tokens": True})
        self.answer = None
        self.asked = []
        self._seconds = seconds
        self._lock = Lock()

    def call(self, method, path, *, params=None, content=None, headers=None):
        with self._lock:
            self.asked.append(path)
        time.sleep(self._seconds)
        if self.answer:
            return self.answer
        made = self.app.test_client().open(path, method=method, query_string=params, data=content, headers=headers)
        return Reply(made.status_code, made.headers, made.data)


class Account:
    """The app at HubSpot, and any number of processes that use it."""

    def __init__(self, database, seconds=0.0):
        self.database = database
        self.clock = Clock()
        self.hubspot = HubSpot(self.clock, seconds)
        self.registry = CollectorRegistry()
        self.metrics = Metrics(self.registry)

    def process(self, refresh_token="refresh-0", key=KEY, version="2026-03", secret="client-secret"):
        """As one process has it, from its start on."""
        app = App("app", secret, refresh_token, key)
        endpoint = TokenEndpoint(app, version, self.hubspot, self.metrics)
        return OAuth(endpoint, Safe(self.database, app, 60.0), self.clock, self.clock)

    def opens(self, token):
        """Whether HubSpot lets a caller with this token in."""
        headers = {"Authorization": f"Bearer {token}"}
        path = "/account-info/2026-03/details"
        return self.hubspot.app.test_client().get(path, headers=headers).status_code == 200
