"""What a person enters at the platform, without a secret; and what processes counted, read back."""

import dataclasses

import pytest
from prometheus_client import CollectorRegistry
from recorded import PLATFORMS, source

from handlers.metrics import Metrics
from handlers.operating.pages.gauges import counted
from handlers.operating.pages.telling import address, proof, sample

ROOT = "https://marquee.example/"


def named(platform, **changes):
    return dataclasses.replace(source(platform), name="s", **changes)


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("generic", "https://marquee.example/webhooks/s"),
        ("pretix", "https://any:<secret>@marquee.example/webhooks/s"),
        ("eventbrite", "https://marquee.example/webhooks/s/<secret>"),
    ],
)
def test_the_address_has_the_secrets_place_where_the_platform_signs_nothing(platform, expected):
    assert address(ROOT, named(platform), PLATFORMS[platform]) == expected


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
def test_no_platforms_address_proof_or_sample_holds_a_secret(platform):
    one = named(platform, secrets=("a-marker-that-is-secret", "another-marker"))
    told = [address(ROOT, one, PLATFORMS[platform]), *proof(one, PLATFORMS[platform]), sample(one, PLATFORMS[platform])]
    assert all(told)
    assert not any("marker" in text for text in told)


def test_a_gauge_is_read_back_by_its_labels():
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    metrics.hubspot_left.labels("rolling").set(174)
    metrics.notifications.labels('a"b', "accepted").inc(2)
    assert counted(registry, "marquee_hubspot_limit_remaining") == {("rolling",): 174.0}
    assert counted(registry, "marquee_notifications_total") == {('a"b', "accepted"): 2.0}


def test_what_nobody_counted_is_not_there():
    assert counted(CollectorRegistry(), "marquee_hubspot_limit_remaining") == {}
