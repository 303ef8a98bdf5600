"""Whatever webhooks are lost and in whatever order the others come, one comparison makes all well."""

import tempfile

from fresh import fresh_inbox
from hypothesis import given, settings
from hypothesis import strategies as st
from listing import ListingBench, found, names

EVENTS = names(4)
changes = st.tuples(
    st.sampled_from(EVENTS),
    st.sampled_from(["Gala", "Ball", "Tour"]),
    st.sampled_from(["2028-06-01T10:00:00Z", "2028-07-01T10:00:00Z"]),
    st.sampled_from(["is there", "is there", "is there", "cancelled", "deleted"]),
)
told = st.sampled_from(["at once", "late", "never", "twice"])


def platform_says(bench, change):
    name, title, start, fate = change
    if fate == "deleted":
        bench.office.found.pop(name, None)
    else:
        bench.office.found[name] = found(title, start, eventCancelled=fate == "cancelled")


@settings(max_examples=40)
@given(st.lists(st.tuples(changes, told), max_size=12), st.integers(1, 4))
def test_the_end_is_what_the_platform_shows(story, size):
    with tempfile.TemporaryDirectory() as folder:
        database = fresh_inbox(folder)
        bench = ListingBench(database, size)
        for number, name in enumerate(EVENTS):
            bench.account.hold(name, str(100 + number))
        late = []
        for number, (change, how) in enumerate(story, 1):
            platform_says(bench, change)
            late += [(change[0], number)] if how == "late" else []
            for _ in range({"at once": 1, "twice": 2}.get(how, 0)):
                bench.hear_of(change[0], number)
            bench.work(2, step=1.0)
        for name, number in reversed(late):
            bench.hear_of(name, number)
        bench.work(5)
        bench.compare(believe=True)
        bench.work(5)
        check(bench)
        assert bench.compare().differing == 0
        database.close()


def check(bench):
    for name in EVENTS:
        there, told_last = bench.office.found.get(name), bench.shown(name)
        if there is not None:
            assert {field: told_last.get(field) for field in there.fields} == there.fields
        elif told_last:
            assert told_last["eventCancelled"] is True
