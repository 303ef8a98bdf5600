"""The door with one source, for tests of what a platform adds to it."""

from flask import Flask
from prometheus_client import CollectorRegistry
from recorded import PLATFORMS, source

from handlers.inbox.arrival import Receipt
from handlers.metrics import Metrics
from handlers.receiving import refusals
from handlers.receiving.routes import DoorSettings, blueprint

NOW = 1_800_000_000.0


class AtTheDoor:
    """A client, and what was kept of what it sent; a delivery id that came before is a duplicate."""

    def __init__(self, platform, **changes):
        self.kept = []
        app = Flask("door", static_folder=None)
        settings, metrics = DoorSettings(2**20, 600), Metrics(CollectorRegistry())
        app.register_blueprint(
            blueprint({"it": source(platform, **changes)}, PLATFORMS, self, settings, metrics, lambda: NOW)
        )
        refusals.register(app)
        self.client = app.test_client()

    def store(self, arrival):
        known = {one.delivery_id for one in self.kept if one.delivery_id and not one.errors}
        self.kept.append(arrival)
        return Receipt(str(len(self.kept)), duplicate=arrival.delivery_id in known)

    def store_all(self, arrivals):
        return [self.store(arrival) for arrival in arrivals]
