"""How often a source's list is compared, and when it is said to be silent."""

import pytest

from handlers.platforms import discover
from schemas.sources import SourcesError, read_sources

SETTINGS = {name: platform.settings for name, platform in discover().items()}
OWN = {"platform": "generic", "signature": "token", "secrets": ["the-own-secret"]}


def read(**changes):
    return read_sources({"it": OWN | changes}, {}, SETTINGS)["it"]


def test_six_hours_and_a_day_by_default():
    assert (read().reconcile_hours, read().silence_hours) == (6.0, 24.0)


@pytest.mark.parametrize("key", ["reconcile_hours", "silence_hours"])
@pytest.mark.parametrize("hours", [0, 0.5, 6, 8760])
def test_hours_are_a_number_and_zero_is_never(key, hours):
    assert getattr(read(**{key: hours}), key) == hours


@pytest.mark.parametrize("key", ["reconcile_hours", "silence_hours"])
@pytest.mark.parametrize("hours", [-1, True, "6", float("nan"), float("inf"), 8761, [6]])
def test_what_is_no_number_of_hours_is_refused(key, hours):
    with pytest.raises(SourcesError, match=rf"sources.it.{key}: Is .*: give hours"):
        read(**{key: hours})
