"""The composition root: settings in; the Flask app, its worker and its commands out."""

import gc
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from functools import cached_property, partial
from threading import Event as Flag
from threading import Thread
from typing import Any

import structlog
from flask import Blueprint, Flask
from prometheus_client import CollectorRegistry
from werkzeug.middleware.proxy_fix import ProxyFix

from handlers.alerting import courier
from handlers.alerting.changes import Changes
from handlers.configuration import Configuration, configure
from handlers.errors import FaultySettings
from handlers.forwarding.account import AccountZone, account_zone
from handlers.forwarding.allowance import UNLIMITED
from handlers.forwarding.creating import Creator
from handlers.forwarding.credentials import OAuth, StaticToken
from handlers.forwarding.daily import Day
from handlers.forwarding.delivery import Delivery
from handlers.forwarding.forwarder import Forwarder
from handlers.forwarding.hubspot import HubSpot
from handlers.forwarding.hydrator import Guest, guests
from handlers.forwarding.outgoing import Outgoing
from handlers.forwarding.pacer import Pacer
from handlers.forwarding.reconciler import Reconciler
from handlers.forwarding.reconciling import Roll, rolls
from handlers.forwarding.resolver import Resolver
from handlers.forwarding.safe import Safe
from handlers.forwarding.silence import Watch
from handlers.forwarding.token_endpoint import TokenEndpoint
from handlers.forwarding.unresolved import Grace
from handlers.forwarding.window import Window
from handlers.forwarding.worker import CALL_SECONDS, Pace, Worker
from handlers.inbox import reports
from handlers.inbox.counts import Counts
from handlers.inbox.database import Database
from handlers.inbox.known import Hints
from handlers.inbox.lease import Lease
from handlers.inbox.queue import Queue
from handlers.inbox.schema import migrate
from handlers.inbox.sqlite import is_sound, newest_sqlite
from handlers.inbox.writer import Writer
from handlers.metrics import Metrics
from handlers.operating import api, commands, documents, headers, health, logs, signing, tracing
from handlers.operating.acting import Actions
from handlers.operating.auth import Auth
from handlers.operating.listening import listen
from handlers.operating.operation import Desk
from handlers.operating.pages import blueprint as pages
from handlers.operating.tidying import Tidy
from handlers.operating.watched import WatchedInbox
from handlers.platform import Platform
from handlers.platforms import discover
from handlers.receiving import refusals, routes
from handlers.tracing import untraced

DAY = 86400.0
PLATFORM_SECONDS = 20.0
STOP_SECONDS = 25.0
TURN_SECONDS = 0.0005
BESIDE_EACH = 150.0  # events a second for each web process: acknowledgements hardly feel so many
_log = structlog.get_logger()


def create_app(configuration: Configuration | None = None) -> Flask:
    """The Flask app, for gunicorn, the `flask` commands and tests. Raises `FaultySettings` listing every fault."""
    platforms = discover()
    marquee = Marquee(configuration or configure(platforms), platforms)
    app = Flask("marquee", static_folder=None)
    app.extensions["marquee"] = marquee
    marquee.plug_into(app)
    return app


@dataclass
class Marquee:
    """The wired service of one process: an inbox, and a worker when it is started."""

    configuration: Configuration
    platforms: Mapping[str, Platform[Any]]
    _stop: Flag = field(default_factory=Flag)
    _thread: Thread | None = None

    def __post_init__(self) -> None:
        """Opens the inbox and brings its schema up to date."""
        settings = self.configuration.settings
        logs.configure(settings.log_format, settings.log_level)
        self.traces = tracing.start(settings.traces_endpoint)
        if self.traces:
            logs.configure(settings.log_format, settings.log_level, self.traces.name_span)
        if not is_sound(newest_sqlite()):
            _log.warning(
                "SQLite before 3.51.3 may corrupt an inbox that several processes write", action="sqlite.unsound"
            )
        self.database = Database(settings.database_url, settings.web_threads + settings.hubspot_concurrency + 2)
        migrate(self.database)
        self.registry = CollectorRegistry()
        self.metrics = Metrics(self.registry)

    def plug_into(self, app: Flask) -> None:
        """The door, the operator's side and the commands become part of the app."""
        settings, sources = self.configuration.settings, self.configuration.sources
        door = routes.DoorSettings(settings.max_body_bytes, settings.timestamp_tolerance)
        inbox = self.traces.inbox(self._inbox) if self.traces else self._inbox
        app.register_blueprint(routes.blueprint(sources, self.platforms, inbox, door, self.metrics))
        app.register_blueprint(self._health())
        app.register_blueprint(api.blueprint(self.desk))
        app.register_blueprint(documents.blueprint(api.OPERATIONS))
        auth = Auth(self.database, settings.access, settings.trusted_proxies)
        auth.register(app)
        app.register_blueprint(signing.blueprint(auth))
        app.register_blueprint(pages.blueprint(self))
        headers.register(app)
        refusals.register(app)
        commands.register(app, self)
        if self.traces:
            app.wsgi_app = self.traces.middleware(app.wsgi_app)  # type: ignore[method-assign, assignment]
        if settings.trusted_proxies:
            hops = settings.trusted_proxies
            app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]

    def _health(self) -> Blueprint:
        sources, refuses = self.configuration.sources, self._inbox.refuses
        return health.blueprint(self.database, sources, self.registry, counts=self.counts, refuses=refuses)

    @cached_property
    def _inbox(self) -> WatchedInbox:
        """Where the door keeps what it lets in."""
        return WatchedInbox(Writer(self.database, self.configuration.settings.debounce_seconds), self.database)

    def hubspot(self, pacer: Pacer | None = None) -> HubSpot:
        """The one way to HubSpot. Raises `FaultySettings` where no credentials are set."""
        version, pacer = self.configuration.settings.hubspot_api_version, pacer or Pacer(stop=self._stop)
        return HubSpot(self._outgoing, self.credentials, version, pacer, self.metrics)

    @cached_property
    def credentials(self) -> StaticToken | OAuth:
        """What opens HubSpot, one for all threads of this process. Raises `FaultySettings` where nothing is set."""
        settings = self.configuration.settings
        if settings.hubspot_app:
            turn = 2 * settings.hubspot_timeout + 10.0
            safe = Safe(self.database, settings.hubspot_app, turn)
            version = settings.hubspot_api_version
            return OAuth(TokenEndpoint(settings.hubspot_app, version, self._outgoing, self.metrics), safe)
        if settings.hubspot_access_token is None:
            raise FaultySettings(["HUBSPOT_ACCESS_TOKEN: Is not set: give a token with the marketing events' scopes."])
        return StaticToken(settings.hubspot_access_token)

    @cached_property
    def lease(self) -> Lease:
        """This process's part in who leads; while it does, it tells the database's clock."""
        return Lease(self.database)

    @cached_property
    def guests(self) -> Mapping[str, Guest]:
        """Who asks the sources' platforms, one for each source that has a token for it."""
        sources = self.configuration.sources
        outgoing = partial(Outgoing, timeout=PLATFORM_SECONDS)
        return guests(self.platforms, sources, outgoing, self.metrics, self._stop, self.lease.clock)

    @cached_property
    def _outgoing(self) -> Outgoing:
        settings = self.configuration.settings
        outgoing = self.traces.outgoing if self.traces else Outgoing
        return outgoing(settings.hubspot_base_url, timeout=settings.hubspot_timeout)

    def worker(self, *, apart: bool = False) -> Worker:
        """A worker on this process's inbox. Not `apart`, it is on the machine of those that acknowledge."""
        settings, sources = self.configuration.settings, self.configuration.sources
        lease, clock = self.lease, self.lease.clock
        day = Day(lambda: zone, clock, settings.hubspot_share, partial(reports.calls_since, self.database))
        window = Window(share=settings.hubspot_share)
        pacer = Pacer(stop=self._stop, day=day, window=window, may_call=lease.is_safe)
        hubspot = self.hubspot(pacer)
        queue = Queue(self.database, lease, settings.debounce_seconds)
        zone = settings.hubspot_time_zone or AccountZone(partial(account_zone, hubspot))
        may_send, grace = partial(_may_send, lease, zone), Grace(settings.link_grace_seconds)
        forwarder = Forwarder(hubspot, may_send, zone, self.metrics, clock)
        around = self.traces.around(self.database) if self.traces else untraced
        delivery = Delivery(queue, forwarder, self.metrics, grace, clock, around)
        accounts = {source.account_id for source in sources.values() if source.account_id is not None}
        return Worker(
            queue,
            lease,
            self.platforms,
            sources,
            self.guests,
            Resolver(hubspot, zone, accounts, clock).find,
            delivery,
            Creator(queue, hubspot, may_send, delivery.write_down, zone, self.metrics, clock, around),
            Pace(
                settings.hubspot_batch_size,
                settings.hubspot_concurrency,
                settings.debounce_seconds,
                grace,
                settings.retention_days * DAY,
                UNLIMITED if apart else BESIDE_EACH * settings.web_concurrency,
            ),
            clock,
            pacer,
            chores=(
                Reconciler(self.database, self.rolls, self.hints, lease.holder, clock),
                Watch(self.database, sources, clock),
                Tidy(self.database, settings.audit_days * DAY, clock),
                *([Changes(self.database, sources, self.counts.now, clock)] if settings.alerts else []),
            ),
            call_seconds=settings.hubspot_timeout + CALL_SECONDS,
        )

    @cached_property
    def rolls(self) -> Mapping[str, Roll]:
        """The sources whose platforms tell a list of their events."""
        return rolls(self.platforms, self.configuration.sources, self.guests)

    @cached_property
    def desk(self) -> Desk:
        """What the API and the commands work on."""
        return Desk(self.database, self.configuration.sources, self.actions, self.counts.now)

    @cached_property
    def actions(self) -> Actions:
        """What an operator can do."""
        sources = self.configuration.sources
        return Actions(self.database, sources, self.platforms, self.hints, self.guests, self.database.now)

    @cached_property
    def counts(self) -> Counts:
        """What waits and what is dead."""
        return Counts(self.database)

    @cached_property
    def hints(self) -> Hints:
        """What lets a platform be asked about events."""
        return Hints(Writer(self.database, self.configuration.settings.debounce_seconds))

    def start(self, *, carries: bool) -> None:
        """Keep counts, bring alerts, and let this process be the one that carries the worker, if it is."""
        self._start_beside()
        if carries:
            self._thread = Thread(target=self.worker().run, args=(self._stop,), name="worker", daemon=True)
            _be_brief()
            self._thread.start()

    def _start_beside(self) -> None:
        """What every process does on its own."""
        Thread(target=self.counts.keep, args=(self._stop,), name="counts", daemon=True).start()
        receiver = self.configuration.settings.alerts
        if receiver:
            outgoing = Outgoing(receiver.base_url, timeout=courier.CALL_SECONDS)
            run = courier.Courier(self.database, outgoing, receiver, time.time).run
            Thread(target=run, args=(self._stop,), name="alerts", daemon=True).start()

    def hand_over(self) -> None:
        """Let another worker take the lead as soon as what is under way has ended; the door stays open."""
        self._stop.set()

    def stop(self) -> None:
        """End what is under way, hand the lead over and close the inbox."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)
        self._close()

    def _close(self) -> None:
        if self.traces:
            self.traces.close()
        self.database.close()

    def work(self) -> None:
        """Be a worker and nothing else, until told to stop."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        settings = self.configuration.settings
        if settings.worker_port is not None:
            listen(self._health(), settings.host, settings.worker_port)
        self._start_beside()
        worker = self.worker(apart=self.database.dialect != "sqlite")
        _be_brief()
        worker.run(self._stop)
        self._close()


def _be_brief() -> None:
    """In a process that carries a worker: what its threads make each other wait for, all wait for that want to write.

    So each has the interpreter for a short turn, and what is there by now is not looked through for garbage again, which
    takes a tenth of a second.
    """
    sys.setswitchinterval(TURN_SECONDS)
    gc.freeze()


def _may_send(lease: Lease, zone: tzinfo) -> bool:
    """Whether this worker leads still; at its first call it learns the account's time zone, while HubSpot lets it."""
    if isinstance(zone, AccountZone):
        zone.learn()
    return lease.is_safe()
