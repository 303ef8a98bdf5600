"""A worker of its own tells how it is, on a port of its own, and nothing else."""

import pytest
import requests
from flask import Blueprint
from running import Process, free_port, wait_until
from senders import SOURCES

from handlers.operating.listening import listen


@pytest.fixture
def server():
    """One that knows a single address."""
    health = Blueprint("health", __name__)
    health.add_url_rule("/livez", view_func=lambda: "alive")
    running = listen(health, "127.0.0.1", free_port())
    yield f"http://127.0.0.1:{running.port}"
    running.shutdown()
    running.server_close()


def test_it_answers_what_it_is_given_and_nothing_else(server):
    assert requests.get(f"{server}/livez", timeout=5).text == "alive"
    refused = requests.post(f"{server}/webhooks/own/a-secret", timeout=5)
    assert (refused.status_code, refused.json()["reason"]) == (404, "not_found")


def test_whoever_asks_leaves_no_line(server, capfd):
    requests.get(f"{server}/webhooks/own/a-secret", timeout=5)
    assert "a-secret" not in "".join(capfd.readouterr())


def test_a_port_that_is_taken_ends_it_with_a_word(server, capfd):
    with pytest.raises(SystemExit):
        listen(Blueprint("health", __name__), "127.0.0.1", int(server.rpartition(":")[2]))
    assert "in use" in capfd.readouterr().err


@pytest.fixture
def worker(tmp_path, sandbox):
    """`flask work`, with a port."""
    (tmp_path / "sources.toml").write_text(SOURCES)
    given = {
        "SOURCES_FILE": str(tmp_path / "sources.toml"),
        "DATABASE_URL": f"sqlite:///{tmp_path}/marquee.db",
        "HUBSPOT_ACCESS_TOKEN": "sandbox",
        "HUBSPOT_BASE_URL": sandbox.url,
    }
    process = Process(["-m", "flask", "work"], given)
    process._environment["WORKER_PORT"] = str(process.port)
    yield process.start("/livez")
    process.stop()


def told(worker):
    return requests.get(f"{worker.url}/metrics", timeout=5).text


def test_a_worker_of_its_own_is_ready_and_told_of_until_it_ends(worker):
    assert requests.get(f"{worker.url}/readyz", timeout=5).json() == {"status": "ready"}
    wait_until(lambda: "marquee_leader 1.0" in told(worker), "it leads", 15)
    assert "marquee_hubspot_calls_total" in told(worker)
