"""Text in several languages, and which is taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from schemas.translated import Translated, pick


def fault(field, value):
    with pytest.raises(ValidationError) as refused:
        field.deserialize(value)
    return refused.value.messages[0]


def test_texts_without_anything_in_them_count_as_absent():
    assert Translated().deserialize({"en": "", "de": " ", "fr": None, "it": "Sì"}) == {"it": "Sì"}


def test_plain_text_passes_for_translated():
    assert pick(Translated().deserialize("Gala"), "de") == "Gala"


@pytest.mark.parametrize("value", [{}, "", " ", {"en": None}, {"en": ""}])
def test_nothing_in_any_language_is_nothing(value):
    assert Translated().deserialize(value) == {}


@pytest.mark.parametrize("value", [7, [], {"en": 7}, {"en": {"x": "y"}}])
def test_what_is_not_text_by_language_is_refused(value):
    assert fault(Translated(), value)


@pytest.mark.parametrize(
    ("texts", "language", "picked"),
    [
        ({"en": "E", "de": "D", "de-informal": "Du"}, "de-informal", "Du"),
        ({"en": "E", "de-informal": "Du"}, "de", "Du"),
        ({"en": "E", "de": "D"}, "de-informal", "D"),
        ({"en": "E", "de-informal": "Du", "de": "D"}, "de", "D"),
        ({"en": "E", "pt-BR": "P"}, "pt_br", "P"),
        ({"fr": "F", "en": "E"}, "it", "E"),
        ({"fr": "F", "es": "S"}, "it", "F"),
        ({}, "en", None),
    ],
)
def test_a_language_is_picked_by_kinship(texts, language, picked):
    assert pick(texts, language) == picked


@given(
    st.dictionaries(st.sampled_from(["en", "de", "de-informal", "fr"]), st.text(min_size=1)),
    st.sampled_from(["en", "de", "it"]),
)
def test_where_there_is_any_text_one_is_picked(texts, language):
    assert (pick(texts, language) in texts.values()) == bool(texts)


texts = st.text(max_size=20) | st.none()


@given(st.dictionaries(st.text(max_size=12), texts) | texts.filter(bool), st.text(max_size=12))
def test_what_is_picked_stood_there_and_has_something_in_it(value, language):
    picked = pick(Translated().deserialize(value), language)
    given_texts = [value] if isinstance(value, str) else list(value.values())
    assert picked is None or (picked in given_texts and picked.strip())
    assert (picked is None) == (not any(text and text.strip() for text in given_texts))
