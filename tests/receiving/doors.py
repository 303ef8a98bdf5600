"""The door with an inbox in memory, and platforms that differ from `generic` only in what a test is about."""

import json
from dataclasses import replace

from flask import Flask
from prometheus_client import CollectorRegistry

from handlers.errors import InboxUnavailable
from handlers.inbox.arrival import Receipt
from handlers.metrics import Metrics
from handlers.platforms import discover
from handlers.receiving import refusals
from handlers.receiving.routes import DoorSettings, blueprint
from schemas.sources import read_sources

TOKEN = {"Authorization": "Bearer the-secret"}
LIMIT = 100_000
NOW = 1_800_000_000.0


class Inbox:
    """Keeps arrivals in memory, and knows a delivery id again."""

    def __init__(self):
        self.kept = []
        self.commits = 0
        self.broken = False

    def store(self, arrival):
        return self.store_all([arrival])[0]

    def store_all(self, arrivals):
        if self.broken:
            raise InboxUnavailable("disk full")
        self.commits += bool(arrivals)
        return [self._keep(arrival) for arrival in arrivals]

    def _keep(self, arrival):
        for number, known in enumerate(self.kept, 1):
            if arrival.delivery_id and arrival.delivery_id == known.delivery_id:
                return Receipt(str(number), duplicate=True)
        self.kept.append(arrival)
        return Receipt(str(len(self.kept)), duplicate=False)


class Doors:
    """A client of the door, with one source `it` of a platform like `generic` with `changes`, and one, `own`, of `generic`."""

    def __init__(self, **changes):
        self.inbox, self.registry = Inbox(), CollectorRegistry()
        generic = discover()["generic"]
        platforms = {"generic": generic, "special": replace(generic, name="special", **changes)}
        secret = {"signature": "token", "secrets": ["the-secret"]}
        tables = {"it": {"platform": "special", **secret}, "own": {"platform": "generic", **secret}}
        sources = read_sources(tables, {}, {name: platform.settings for name, platform in platforms.items()})
        app = Flask("door", static_folder=None)
        settings = DoorSettings(LIMIT, 600)
        app.register_blueprint(blueprint(sources, platforms, self.inbox, settings, Metrics(self.registry), lambda: NOW))
        refusals.register(app)
        self.client = app.test_client()

    def post(self, body, path="/webhooks/it", headers=TOKEN):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(path, data=content, headers={"Content-Type": "application/json"} | headers)

    def open(self, method, path="/webhooks/it", **headers):
        return self.client.open(path, method=method, headers=headers)

    def count(self, status, source="it"):
        return self.registry.get_sample_value("marquee_notifications_total", {"source": source, "status": status})


def refused(answer):
    assert answer.content_type == "application/problem+json"
    assert {"title", "status", "detail", "reason"} <= answer.json.keys()
    assert answer.json["status"] == answer.status_code
    return answer.status_code, answer.json["reason"]
