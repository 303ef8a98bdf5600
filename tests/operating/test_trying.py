"""What `flask try-map` shows of a saved payload."""

import json
from functools import partial

import click
import pytest
from fresh import fresh_file
from recorded import PLATFORMS, source
from senders import SOURCES

from app import create_app
from handlers.configuration import configure
from handlers.errors import LookUpFailed
from handlers.operating.trying import Trial
from handlers.platform import Found, Gone, Remaining, Skipped
from handlers.platforms import discover

MAPPED = """
[sources.shop]
platform = "generic"
signature = "token"
secrets = ["a-secret-of-the-shop"]
organizer = "Acme Events"

[sources.shop.map]
id = "data.id"
eventName = "data.title"
startDateTime = "data.begins"
endDateTime = "data.ends"

[sources.forms]
platform = "swoogo"
secrets = ["a-secret-of-the-forms"]

[sources.cloud]
platform = "cloudevents"
secrets = ["a-secret-of-the-cloud"]

[sources.shop.custom_properties]
venue = "data.place.name"
tags = "data.tags"
seats = "data.seats"
free = "data.free"
opens = "data.opens"
nothing = "data.nothing"
"""
BODY = {
    "data": {
        "id": 7,
        "title": "Gala [bold]",
        "begins": "2027-05-01T10:00:00+02:00",
        "place": {"name": "Messe"},
        "tags": ["art", 3, True, None],
        "seats": 120,
        "free": False,
        "opens": "2027-01-31",
    }
}


@pytest.fixture
def try_map(tmp_path, monkeypatch):
    """Runs the command on a payload."""
    (tmp_path / "sources.toml").write_text(SOURCES + MAPPED)
    for name, value in {
        "SOURCES_FILE": str(tmp_path / "sources.toml"),
        "DATABASE_URL": fresh_file(tmp_path),
        "HUBSPOT_ACCESS_TOKEN": "never used",
        "LOG_LEVEL": "ERROR",
        "COLUMNS": "200",
    }.items():
        monkeypatch.setenv(name, value)
    app = create_app(configure(discover()))
    yield partial(invoke, app, tmp_path / "payload.json")
    app.extensions["marquee"].stop()


def invoke(app, file, payload, source="shop", *options):
    file.write_bytes(payload if isinstance(payload, bytes) else json.dumps(payload).encode())
    return app.test_cli_runner().invoke(args=["try-map", source, str(file), *options])


def row(result, field):
    """The cells of a field's row, without the lines that draw the table."""
    cells = [[cell.strip() for cell in line.strip("│┃ ").split("│")] for line in result.output.splitlines()]
    return next(rest for first, *rest in cells if first == field)


@pytest.mark.parametrize(
    ("field", "value", "origin"),
    [
        ("eventName", "Gala [bold]", "data.title"),
        ("startDateTime", "2027-05-01T08:00:00Z", "data.begins"),
        ("endDateTime", "left alone", "data.ends"),
        ("eventOrganizer", "Acme Events", "organizer in the settings"),
        ("eventType", "left alone", "not in the map"),
        ("property venue", "Messe", "data.place.name"),
        ("property tags", "art;3;true", "data.tags"),
        ("property seats", "120", "data.seats"),
        ("property free", "false", "data.free"),
        ("property opens", "2027-01-31", "data.opens"),
        ("property nothing", "left alone", "data.nothing"),
    ],
)
def test_each_field_is_shown_with_its_value_and_where_it_comes_from(try_map, field, value, origin):
    result = try_map(BODY)
    assert (row(result, field), result.exit_code) == ([value, origin], 0)


def test_a_property_that_cannot_be_text_is_named_and_the_others_are_shown(try_map):
    result = try_map({"data": BODY["data"] | {"place": {"name": {"de": "Messe"}}}})
    assert row(result, "property venue")[0].startswith("Is an object")
    assert row(result, "property seats")[0] == "120"
    assert result.exit_code == 1


def test_a_form_is_read_as_its_platform_sends_it(try_map):
    form = b"id=7&name=Gala&start_date=2027-05-01&start_time=10:00:00&timezone=Europe/Berlin"
    result = try_map(form, "forms", "--content-type", "application/x-www-form-urlencoded")
    assert row(result, "eventName")[0] == "Gala"


def test_each_notification_of_a_batch_is_shown(try_map):
    events = [
        {
            "specversion": "1.0",
            "id": str(n),
            "source": "/s",
            "type": "t",
            "data": {"id": str(n), "eventName": f"Gala {n}"},
        }
        for n in (1, 2)
    ]
    result = try_map(events, "cloud", "--content-type", "application/cloudevents-batch+json")
    assert ("Gala 1" in result.output, "Gala 2" in result.output) == (True, True)


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"{", "The body is not JSON"),
        (b"[]", "The body is a list, not a JSON object"),
        ({"data": {"title": "no id"}}, "id:"),
        ({"data": {"id": 1, "begins": "tomorrow"}}, "startDateTime: Is text of 8 characters"),
        ({"data": BODY["data"] | {"ends": "2027-04-30T10:00:00Z"}}, "endDateTime: Is before startDateTime."),
    ],
    ids=["no JSON", "a list", "no id", "no time", "an end before the start"],
)
def test_what_would_be_dead_or_refused_is_told_with_its_fault(try_map, payload, words):
    result = try_map(payload)
    assert (words in result.output, result.exit_code) == (True, 1)


class Visited:
    """A platform that shows the same whatever it is asked."""

    def __init__(self, found):
        self._found = found

    def look_up(self, external_id, since):
        if isinstance(self._found, Exception):
            raise self._found
        return self._found


def tried(found, **changes):
    """The rows, by field, of a hint of pretix's about an event that is looked up."""
    one = source("pretix", **changes)
    body = {"notification_id": 1, "organizer": one.organizers[0], "event": "gala", "action": "pretix.event.changed"}
    rows = Trial(one, PLATFORMS["pretix"], Visited(found) if found else None).rows(body)
    return {row.field: row for row in rows}


def test_what_its_platform_shows_is_shown_for_a_notification_that_carries_no_state():
    event = {"name": {"en": "Gala"}, "city": "Ulm"}
    rows = tried(Found({"eventName": "Gala"}, event), custom_properties={"city": "city"})
    assert (rows["eventName"].value, rows["property city"].value) == ("Gala", "Ulm")
    assert rows["eventName"].origin == PLATFORMS["pretix"].origins["eventName"]


def test_fields_of_a_platform_that_contradict_each_other_are_named():
    times = {"startDateTime": "2027-05-01T10:00:00Z", "endDateTime": "2027-04-30T10:00:00Z"}
    assert tried(Found(times, {}))["endDateTime"].fault == "Is before startDateTime."


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Gone(), "does not have acme:gala any more"),
        (Skipped("series_parent"), "series_parent"),
        (Remaining("acme:", frozenset()), "a whole list"),
        (LookUpFailed("platform_unreachable"), "platform_unreachable"),
        (None, "no token"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_why_nothing_would_be_sent_is_told(found, words):
    with pytest.raises(click.ClickException) as refused:
        tried(found)
    assert words in refused.value.message


def test_a_source_that_is_not_there_is_wrong_usage(try_map):
    assert try_map(BODY, "nobody").exit_code == 2
