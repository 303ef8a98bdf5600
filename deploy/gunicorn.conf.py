"""gunicorn's settings: docs.gunicorn.org/en/stable/settings.html. Faulty settings end it before a port is opened."""

import gc
import math
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from handlers.configuration import configure  # noqa: E402 - the path above is what makes it importable
from handlers.operating import leaving, logs  # noqa: E402
from handlers.operating.carrying import Carriage, make_way  # noqa: E402
from handlers.operating.counting import in_memory, share_counts  # noqa: E402
from handlers.operating.processes import forget  # noqa: E402
from handlers.platforms import discover  # noqa: E402

_settings = configure(discover()).settings
logs.configure(_settings.log_format, _settings.log_level)  # the arbiter has lines of its own, and no app
share_counts(in_memory(PROJECT) or PROJECT / "var" / "metrics")

# Only now, since prometheus_client looks for the shared folder when it is imported.
import app as _app  # noqa: E402, F401 - loaded before the processes fork, so that they share the memory of all code

ENDING_SECONDS = 30  # what requests under way, and the worker's calls to HubSpot, need to end

bind = f"{_settings.host}:{_settings.port}"
_carries = _settings.worker == "embedded"
_carriage = Carriage()
workers = _settings.web_concurrency + _carries
threads = _settings.web_threads
worker_class = "handlers.operating.loops.LoopWorker"
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - heartbeats must not wait for a disk # nosec B108
timeout = 60
graceful_timeout = math.ceil(_settings.drain_seconds) + ENDING_SECONDS
keepalive = 75  # longer than load balancers keep theirs (60 s is usual), else they answer 502
control_socket_disable = True
accesslog = None  # every answered webhook has a line of its own, without the secret that an address may hold
logger_class = "handlers.operating.logs.GunicornLogger"


def pre_fork(server, worker):
    """What is loaded stays shared: a collection would touch, and so copy, every page of it."""
    gc.freeze()
    if _carries:
        _carriage.offer(worker)


def when_ready(server):
    """Readiness fails from the moment that the service is told to stop."""
    leaving.watch(server)


def on_reload(server):
    """All processes are about to be replaced."""
    make_way(server.WORKERS.values())


def post_worker_init(worker):
    """Only the door is answered in the loop. What is there by now stays: to look through it would hold up requests."""
    marquee = worker.app.callable.extensions["marquee"]
    worker.departure.drain_seconds = _settings.drain_seconds
    worker.quick = lambda environ: environ["PATH_INFO"].startswith("/webhooks/")
    worker.on_leaving = marquee.hand_over
    marquee.start(carries=worker.carries)
    gc.freeze()


def worker_exit(server, worker):
    """A clean stop hands the lead over at once."""
    service = getattr(worker.app, "callable", None)
    if service is not None:
        service.extensions["marquee"].stop()


def child_exit(server, worker):
    """A dead process holds no connections, and carries nothing."""
    forget(worker.age)
    _carriage.ended(worker)
