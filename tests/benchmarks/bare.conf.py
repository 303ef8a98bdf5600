"""The same gunicorn as the service's, without anything of the service."""

import os

bind = f"127.0.0.1:{os.environ['PORT']}"
workers = int(os.environ["WEB_CONCURRENCY"])
threads = 8
worker_class = os.environ.get("BARE_WORKER", "handlers.operating.loops.LoopWorker")
worker_tmp_dir = "/dev/shm"
keepalive = 75
control_socket_disable = True


def post_worker_init(worker):
    worker.quick = lambda environ: environ["PATH_INFO"].startswith("/webhooks/")
    if "BARE_WITHIN_SECONDS" in os.environ:
        worker.within_seconds = float(os.environ["BARE_WITHIN_SECONDS"])
