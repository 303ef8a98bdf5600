"""Limits of bodies and times agree at every layer: client, balancer or ingress, gunicorn, Marquee, and whoever ends them."""

import re
from pathlib import Path

import pytest
import yaml

from handlers.operating import loops
from schemas.settings import read_settings

DEPLOY = Path(__file__).parents[2] / "deploy"
SECONDS = {"ms": 0.001, "s": 1, "m": 60}
BYTES = {"k": 1024, "m": 1024 * 1024}


@pytest.fixture
def marquee(monkeypatch):
    """Its settings where nothing is set."""
    monkeypatch.delenv("MAX_BODY_BYTES", raising=False)
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "pat-token")
    return read_settings()


def nginx(directive, block="server"):
    """What `directive` says there: seconds or bytes."""
    text = re.search(
        rf"^{block}\b[^{{]*\{{(.*?)^\}}", (DEPLOY / "nginx/marquee.conf").read_text(), re.MULTILINE | re.DOTALL
    )[1]
    number, unit = re.search(rf"^\s*{directive} (\d+)([a-z]+);", text, re.MULTILINE).groups()
    return int(number) * (BYTES if directive.endswith("size") else SECONDS)[unit]


def gunicorn(setting):
    return float(re.search(rf"^{setting} = (\d+)", (DEPLOY / "gunicorn.conf.py").read_text(), re.MULTILINE)[1])


def ingress(annotation):
    annotations = yaml.safe_load((DEPLOY / "kubernetes/base/ingress.yaml").read_text())["metadata"]["annotations"]
    return annotations[f"nginx.ingress.kubernetes.io/{annotation}"]


def test_every_layer_takes_bodies_as_large_as_marquee_does(marquee):
    size, unit = re.fullmatch(r"(\d+)([km])", ingress("proxy-body-size")).groups()
    assert nginx("client_max_body_size") == int(size) * BYTES[unit] == marquee.max_body_bytes


def test_whoever_stands_in_front_waits_longer_than_marquee_takes_for_an_answer():
    assert loops.LONGEST_SECONDS < nginx("proxy_read_timeout") == float(ingress("proxy-read-timeout"))


def test_a_slow_client_is_dropped_in_front_before_marquee_would_do_it():
    assert nginx("client_header_timeout") < loops.DRIPPING_CLIENT_SECONDS
    assert nginx("client_body_timeout") < loops.DRIPPING_CLIENT_SECONDS


def test_marquee_keeps_a_connection_longer_than_whoever_stands_in_front():
    """Else that sends a request where nobody listens any more. 60 s is what cloud balancers and ingress-nginx keep."""
    assert nginx("keepalive_timeout", "upstream") < 60 < gunicorn("keepalive")


def test_a_drain_outlasts_what_is_kept_in_front_and_what_is_remembered_of_names():
    drain = re.search(r"DRAIN_SECONDS: (\d+)", (DEPLOY / "compose.yaml").read_text())[1]
    valid = re.search(r"valid=(\d+)s", (DEPLOY / "nginx/marquee.conf").read_text())[1]
    assert max(nginx("keepalive_timeout", "upstream"), int(valid)) < int(drain)


def test_a_replica_that_is_gone_is_left_in_time_to_ask_another():
    assert nginx("proxy_connect_timeout") * 3 < nginx("proxy_next_upstream_timeout") < nginx("proxy_read_timeout")
