"""Where a list goes on is kept under the source's name: after its platform was changed in the settings it is another's."""

import pytest
from recorded import PLATFORMS, source

from handlers.platform import Get

LISTING = sorted(name for name, platform in PLATFORMS.items() if platform.list_events)
OTHERS = ["acme|2|spring|1", "123 dates abc", "host@example.com token", "ev_1", "25", "-1", "²", "../x", "\x00", ""]


@pytest.mark.parametrize("name", LISTING)
@pytest.mark.parametrize("following", OTHERS)
def test_a_place_in_another_platforms_list_is_no_fault(name, following):
    question = next(PLATFORMS[name].list_events(source(name), following))
    assert isinstance(question, Get)
    assert ".." not in question.path.split("/")
    assert question.path.isprintable()


@pytest.mark.parametrize("name", ["hi-events", "vivenu"])
@pytest.mark.parametrize("following", ["acme|2", "-1", "²", ""])
def test_a_page_that_has_no_number_is_the_first(name, following):
    it = source(name)
    assert next(PLATFORMS[name].list_events(it, following)) == next(PLATFORMS[name].list_events(it, None))
