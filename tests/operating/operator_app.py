"""The operator's API on a real inbox, with two sources, and callers who may read or operate."""

import dataclasses

from flask import Flask
from prometheus_client import CollectorRegistry
from recorded import source

from handlers.inbox.counts import Counts
from handlers.inbox.known import Hints
from handlers.inbox.writer import Writer
from handlers.metrics import Metrics
from handlers.operating import api, documents, headers, health
from handlers.operating.acting import Actions
from handlers.operating.auth import Auth
from handlers.operating.operation import Desk
from handlers.platforms import discover
from handlers.receiving import refusals
from schemas.access import Access, Key

TOKEN = {"Authorization": "Bearer operators-token-of-tests"}
READER = {"Authorization": "Bearer readers-token-of-tests"}
ACCESS = Access(
    tokens=(
        Key("operator", "operate", "operators-token-of-tests"),
        Key("reader", "read", "readers-token-of-tests"),
    ),
    passwords=(),
)
NOBODY = Access(tokens=(), passwords=())
PLATFORMS = discover()


def sources_of_tests():
    return {name: dataclasses.replace(source("generic"), name=name) for name in ("tickets", "other")}


def actions(database, guests=(), sources=None):
    hints = Hints(Writer(database, 1.0))
    return Actions(database, sources or sources_of_tests(), PLATFORMS, hints, dict.fromkeys(guests))


def operator_app(database, access=ACCESS, guests=(), counts=None, sources=None):
    made = Flask("operating", static_folder=None)
    registry, sources = CollectorRegistry(), sources or sources_of_tests()
    Metrics(registry)
    counts = counts or Counts(database)
    desk = Desk(database, sources, actions(database, guests, sources), counts.now)
    Auth(database, access).register(made)
    made.register_blueprint(api.blueprint(desk))
    made.register_blueprint(documents.blueprint(api.OPERATIONS))
    made.register_blueprint(health.blueprint(database, sources, registry, counts=counts))
    headers.register(made)
    refusals.register(made)
    return made


def get(client, path, headers=TOKEN):
    return client.get(path, headers=headers)


def post(client, path, headers=TOKEN, **body):
    return client.post(path, json=body, headers=headers)
