"""What `flask send-sample` sends: a later run is newer, whatever the time of day."""

import itertools
import json

import pytest
from recorded import PLATFORMS, source

# Unix seconds around a minute's, an hour's, a day's and a year's end, as `send-sample` counts.
MOMENTS = (1_795_564_799, 1_795_564_800, 1_795_567_999, 1_795_568_400, 1_795_651_200, 1_827_100_801)
NAMES = sorted(PLATFORMS)


def version(name, count, **settings):
    it = source(name, **settings)
    sample = PLATFORMS[name].sample(it, 1, count)
    return PLATFORMS[name].read(json.loads(sample.body), sample.headers, it).version


@pytest.mark.parametrize("name", NAMES)
def test_a_later_sample_is_newer_than_an_earlier_one(name):
    settings = {"time_zone": "UTC"} if name in ("swoogo", "ticket-tailor") else {}
    versions = [version(name, count, **settings) for count in MOMENTS]
    assert all(earlier is None or earlier < later for earlier, later in itertools.pairwise(versions))
