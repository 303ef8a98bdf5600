"""nginx as it is deployed: no secret that an address holds stands in its log, whatever fails behind it."""

import re

import pytest
import requests
import yaml
from deployed import Deployed
from running import PROJECT, free_port, wait_until

PATH_SECRET = "the-own-secret-of-an-address"


class Logged(Deployed):
    """In front of one replica, which is not there."""

    def ask(self, path, **more):
        return requests.post(self.url + path, timeout=10, **more).status_code

    def logged(self, line):
        """The whole log, once a line like this is in it: nginx writes it after the answer."""
        wait_until(lambda: re.search(line, self.log.read_text()), f"nginx has logged {line}", 5)
        return self.log.read_text()


@pytest.fixture(scope="module")
def nginx(tmp_path_factory):
    """Whose replica is not there."""
    replica = free_port()
    with Logged(tmp_path_factory.mktemp("nginx"), [replica]) as running:
        running.replica = replica
        yield running


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
    nginx.ask("/webhooks/the-next")
    logged = nginx.logged('"POST /webhooks/the-next"')
    assert f'"POST /webhooks/box-office" {status} ' in logged
    assert PATH_SECRET not in logged


def test_the_balancers_log_tells_which_replica_failed(nginx):
    assert nginx.ask("/readyz") == 502
    assert nginx.logged(rf'"POST /readyz" 502 .* 127.0.0.1:{nginx.replica} 502')


def test_the_ingress_logs_no_address():
    """By ingress-nginx's own words: https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/"""
    ingress = yaml.safe_load((PROJECT / "deploy" / "kubernetes" / "base" / "ingress.yaml").read_text())
    assert ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/enable-access-log"] == "false"
