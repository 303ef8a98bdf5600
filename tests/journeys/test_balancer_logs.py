"""nginx as it is deployed: no secret that an address holds stands in its log, whatever fails behind it."""

import re

import pytest
import requests
import yaml
from deployed import Deployed
from running import PROJECT, free_port, wait_until

PATH_SECRET = "the-own-secret-of-an-address"


class Alone(Deployed):
    """Its replica is not there."""

    def __init__(self, folder):
        self.replica = free_port()
        super().__init__(folder, [self.replica])

    def ask(self, path, **more):
        return requests.post(f"http://127.0.0.1:{self.port}{path}", timeout=10, **more).status_code

    def is_there(self):
        try:
            return self.ask("/metrics") == 404
        except requests.ConnectionError:
            return False


@pytest.fixture(scope="module")
def nginx(tmp_path_factory):
    running = Alone(tmp_path_factory.mktemp("nginx"))
    wait_until(running.is_there, "nginx is there", 15)
    yield running
    running.stop()


@pytest.mark.parametrize(
    ("fault", "status", "request_"),
    [
        ("no replica", 502, {"json": {}}),
        ("a body that is too large", 413, {"data": b"x" * 2_000_000}),
        ("a secret in the query", 502, {"params": {"access_token": PATH_SECRET}}),
        ("a secret in the address that led here", 502, {"headers": {"Referer": f"https://x/webhooks/s/{PATH_SECRET}"}}),
    ],
)
def test_the_balancers_log_holds_no_secret_of_an_address_beside(nginx, fault, status, request_):
    assert nginx.ask(f"/webhooks/box-office/{PATH_SECRET}", **request_) == status, fault
    logged = nginx.log.read_text()
    assert '"POST /webhooks/box-office"' in logged
    assert PATH_SECRET not in logged


def test_the_balancers_log_tells_which_replica_failed(nginx):
    assert nginx.ask("/readyz") == 502
    assert re.search(rf'"POST /readyz" 502 .* 127.0.0.1:{nginx.replica} 502', nginx.log.read_text())


def test_the_ingress_logs_no_address():
    """By ingress-nginx's own words: https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/"""
    ingress = yaml.safe_load((PROJECT / "deploy" / "kubernetes" / "base" / "ingress.yaml").read_text())
    assert ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/enable-access-log"] == "false"
