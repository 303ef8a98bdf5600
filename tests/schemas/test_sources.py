"""`sources.toml`: every fault of every source in one list, and no secret in any of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.platforms import discover
from schemas.sources import SourcesError, read_sources

SETTINGS = {name: platform.settings for name, platform in discover().items()}
OWN = {"platform": "generic", "signature": "token", "secrets": ["the-own-secret"]}
PRETIX = {
    "platform": "pretix",
    "api_url": "https://pretix.eu",
    "api_token": "the-token",
    "secrets": ["the-hooks-password"],
    "organizers": ["acme"],
}
EVENTBRITE = {"platform": "eventbrite", "api_token": "the-token", "secrets": ["the-path-token"]}


def read(table, environ=None, name="it"):
    return read_sources({name: table}, environ or {}, SETTINGS)[name]


def faults(tables, environ=None):
    with pytest.raises(SourcesError) as refused:
        read_sources(tables, environ or {}, SETTINGS)
    assert str(refused.value) == "\n".join(refused.value.faults)
    return refused.value.faults


def test_a_source_has_its_name_and_sensible_defaults():
    source = read(OWN)
    assert (source.name, source.on_missing, source.on_deleted, source.on_unpublished) == (
        "it",
        "dead",
        "cancel",
        "ignore",
    )
    assert (source.language, source.account_id, source.organizer) == ("en", None, None)


def test_variables_are_filled_in_anywhere_in_a_text():
    table = OWN | {"secrets": ["${A}", "x${A}y${B}"], "custom_properties": {"venue": "${C}.name"}}
    source = read(table, {"A": "1", "B": "2", "C": "location"})
    assert source.secrets == ("1", "x1y2")
    assert source.custom_properties["venue"].expression == "location.name"


def test_what_a_variable_brings_is_not_expanded_again():
    assert read(OWN | {"secrets": ["${A}"]}, {"A": "${B}"}).secrets == ("${B}",)


def test_a_variable_that_is_not_set_or_empty_names_source_key_and_variable():
    table = OWN | {"secrets": ["${A}", "${B}"], "custom_properties": {"venue": "${C}"}}
    assert faults({"it": table}, {"B": ""}) == [
        "sources.it.secrets: The variable A is not set.",
        "sources.it.secrets: The variable B is not set.",
        "sources.it.custom_properties.venue: The variable C is not set.",
    ]


@pytest.mark.parametrize("secret", ["${", "${A", "${}", "${A-B}", "${1A}", "x${ A }"])
def test_a_variable_that_is_written_wrong_does_not_become_a_secret(secret):
    assert faults({"it": OWN | {"secrets": [secret]}}, {"A": "1"}) == [
        "sources.it.secrets: Has a ${ that is not followed by a variable's name and }."
    ]


def test_every_fault_of_every_source_comes_at_once():
    tables = {
        "own": OWN | {"signatur": "hmac", "on_deleted": "maybe", "custom_properties": {"venue": "a..b", "value": "["}},
        "other": {"platform": "pretixx"},
        "box": PRETIX | {"api_url": "http://pretix.eu", "organizers": [], "series": "all"},
        "a b": OWN,
    }
    found = "\n".join(faults(tables))
    for place in (
        *(
            "own.signatur: Unknown key.",
            "own.on_deleted: ",
            "own.custom_properties.venue: Not a JMESPath",
            "own.custom_properties.value: ",
        ),
        *(
            "other.platform: No such platform: choose one of ",
            "box.api_url: ",
            "box.organizers: ",
        ),
        *("box.series: ", "a b: Not a name"),
    ):
        assert f"sources.{place}" in found


def test_a_fault_is_one_line():
    tables = {"it": OWN | {"custom_properties": {"venue": "foo bar", "city": "'x"}, "hmac": {"pattern": "("}}}
    assert all("\n" not in fault for fault in faults(tables))


@pytest.mark.parametrize("tables", [None, {}, [], "x", 7])
def test_no_source_is_a_fault(tables):
    assert faults(tables) == ["sources: No source is configured: add a table [sources.<name>]."]


@pytest.mark.parametrize("name", ["", "-a", "_a", "a b", "a/b", "a.b", "ä", "x" * 65])
def test_a_name_must_fit_in_an_address(name):
    assert "Not a name" in faults({name: OWN})[0]


@pytest.mark.parametrize("name", ["a", "A", "0", "Box-office_2", "x" * 64])
def test_a_name_of_letters_digits_and_dashes_will_do(name):
    assert read(OWN, name=name).name == name


@pytest.mark.parametrize("platform", [None, 7, "", "Generic", ["generic"]])
def test_a_platform_must_be_named(platform):
    assert "No such platform" in faults({"it": {"platform": platform}})[0]


@pytest.mark.parametrize("table", [OWN, PRETIX, EVENTBRITE])
def test_creating_needs_an_account(table):
    assert faults({"it": table | {"on_missing": "create"}}) == [
        'sources.it.account_id: Is needed for on_missing = "create": name HubSpot\'s externalAccountId.'
    ]
    assert read(table | {"on_missing": "create", "account_id": "acme"}).on_missing == "create"


def test_an_account_that_is_no_text_is_named_once():
    (fault,) = faults({"it": OWN | {"on_missing": "create", "account_id": ""}})
    assert fault == "sources.it.account_id: Is empty."


@pytest.mark.parametrize("value", ["yes", 1, "true"])
def test_whether_other_apps_events_are_changed_is_true_or_false(value):
    assert read(OWN).update_foreign is False
    assert read(OWN | {"update_foreign": True}).update_foreign is True
    assert faults({"it": OWN | {"update_foreign": value}})[0].startswith("sources.it.update_foreign: ")


def test_a_source_cannot_name_itself():
    assert faults({"it": OWN | {"name": "other"}}) == ["sources.it.name: Unknown key."]


@pytest.mark.parametrize("secrets", [None, [], [""], "the-own-secret", [7], ["${A}", 7]])
def test_no_secret_no_start(secrets):
    assert any(fault.startswith("sources.it.secrets") for fault in faults({"it": OWN | {"secrets": secrets}}))


@pytest.mark.parametrize("table", [PRETIX, EVENTBRITE])
def test_where_nothing_is_signed_a_short_secret_is_refused(table):
    assert faults({"it": table | {"secrets": ["seven77"]}}) == [
        "sources.it.secrets: Too short to be safe: give 8 characters or more."
    ]
    assert read(table | {"secrets": ["eight888"]})


@pytest.mark.parametrize("table", [PRETIX | {"signature": "path-token"}, EVENTBRITE])
def test_a_secret_that_stands_in_the_address_must_fit_there(table):
    assert "cannot stand in an address" in faults({"it": table | {"secrets": ["with/slashes"]}})[0]


def test_a_password_may_be_anything():
    assert read(PRETIX | {"secrets": ["pa$$/w?rd #1"], "signature": "basic"}).secrets == ("pa$$/w?rd #1",)


@pytest.mark.parametrize("organizers", [[], "acme", ["../x"], [".."], ["a/b"], [7], [""], {}])
def test_organizers_are_a_list_of_slugs(organizers):
    assert faults({"it": PRETIX | {"organizers": organizers}})[0].startswith("sources.it.organizers: ")


def test_only_one_host_is_ever_asked_and_it_is_named_without_more():
    for url in ("https://pretix.eu/api", "https://u:p@pretix.eu", "https://pretix.eu?x", 7):
        assert faults({"it": PRETIX | {"api_url": url}})[0].startswith("sources.it.api_url: ")
    assert read(EVENTBRITE).api_url == "https://www.eventbriteapi.com"


@given(
    st.text(st.characters(categories=["L", "N"]), min_size=12, max_size=30),
    st.sampled_from(["secrets", "api_token", "api_url", "organizers", "series"]),
)
def test_no_fault_repeats_what_a_variable_held(value, key):
    held = f"§{value}§"
    table = PRETIX | {"series": "wrong", key: ["${HELD}"] if key in ("secrets", "organizers") else "${HELD}"}
    assert held not in "\n".join(faults({"it": table}, {"HELD": held}))
