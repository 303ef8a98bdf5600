"""Rich text as JSON in, what a reader sees out."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.fields import MAX_TEXT, Text
from schemas.rich_text import rich_text_to_text

SLATE = [
    {"type": "heading-one", "children": [{"text": "Gala"}]},
    {
        "type": "paragraph",
        "children": [
            {"text": "Come with "},
            {"text": "friends", "bold": True},
            {"text": ", see "},
            {"type": "link", "url": "https://example.com", "children": [{"text": "the page"}]},
            {"text": "."},
        ],
    },
    {
        "type": "bulleted-list",
        "children": [
            {"type": "list-item", "children": [{"text": "one"}]},
            {"type": "list-item", "children": [{"text": "two"}]},
        ],
    },
    {"type": "paragraph", "children": [{"text": ""}]},
    {"type": "image", "url": "https://example.com/x.png", "children": [{"text": ""}]},
    {"type": "paragraph", "children": [{"text": "Bye"}]},
]
OLD_SLATE = {
    "object": "value",
    "document": {
        "object": "document",
        "data": {"text": "not shown"},
        "nodes": [
            {"object": "block", "type": "paragraph", "nodes": [{"object": "text", "leaves": [{"text": "Gala"}]}]},
            {
                "object": "block",
                "type": "paragraph",
                "nodes": [
                    {"object": "text", "leaves": [{"text": "See "}]},
                    {
                        "object": "inline",
                        "type": "link",
                        "nodes": [{"object": "text", "leaves": [{"text": "the page", "marks": []}]}],
                    },
                    {"object": "text", "leaves": [{"text": ""}]},
                ],
            },
        ],
    },
}
PROSEMIRROR = {
    "type": "doc",
    "content": [
        {"type": "heading", "attrs": {"level": 1}, "content": [{"type": "text", "text": "Gala"}]},
        {
            "type": "paragraph",
            "content": [
                {"type": "text", "text": "one"},
                {"type": "hardBreak"},
                {"type": "text", "marks": [{"type": "bold"}], "text": "two"},
            ],
        },
        {"type": "paragraph"},
    ],
}
LEXICAL = {
    "root": {
        "type": "root",
        "children": [
            {"type": "paragraph", "children": [{"type": "text", "text": "Gala"}, {"type": "linebreak"}]},
            {"type": "paragraph", "children": [{"type": "text", "text": "Bye"}]},
        ],
    }
}
DRAFT = {
    "blocks": [
        {"key": "a", "text": "Gala", "type": "header-one", "inlineStyleRanges": []},
        {"key": "b", "text": "one", "type": "unordered-list-item"},
        {"key": "c", "text": "two", "type": "unordered-list-item"},
        {"key": "d", "text": "Bye", "type": "unstyled"},
    ],
    "entityMap": {},
}
QUILL = {"ops": [{"insert": "Gala"}, {"attributes": {"header": 1}, "insert": "\n"}, {"insert": {"image": "x"}}]}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (SLATE, "Gala\n\nCome with friends, see the page.\n\none\ntwo\n\nBye"),
        (OLD_SLATE, "Gala\n\nSee the page"),
        (PROSEMIRROR, "Gala\n\none\ntwo"),
        (LEXICAL, "Gala\n\nBye"),
        (DRAFT, "Gala\n\none\ntwo\n\nBye"),
        (QUILL, "Gala"),
        ([], ""),
        ({}, ""),
        ([{"children": [{"text": "  "}]}], ""),
        ([[[{"text": "deep"}]]], "deep"),
        (["bare", " words"], "bare words"),
        ({"children": "not a list"}, ""),
        ([None, 1, True, {"text": 7}, {"type": ["x"], "children": [{"text": "seen"}]}], "seen"),
        ([{"text": "a\x00b"}], "ab"),
    ],
)
def test_nodes_become_what_a_reader_sees(value, text):
    assert rich_text_to_text(json.dumps(value)) == text


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("Plain words", "Plain words"),
        ("Two\n\nparagraphs, 1 < 2", "Two\n\nparagraphs, 1 < 2"),
        ("<p>Hello <b>you</b></p><p>Bye &amp; thanks</p>", "Hello you\n\nBye & thanks"),
        ("[Sold out] Gala", "[Sold out] Gala"),
        ("{curly} words", "{curly} words"),
        ("2027", "2027"),
        ("null", "null"),
        ('"quoted"', '"quoted"'),
        ("", ""),
        ("  ", ""),
    ],
)
def test_what_is_no_json_of_an_editors_is_html_or_plain(written, text):
    assert rich_text_to_text(written) == text


@pytest.mark.parametrize("written", ['[{"type":"paragraph","children":[{"te', '{"ops":[', ' [ {"a"', '["a", '])
def test_json_that_is_broken_off_says_nothing(written):
    assert rich_text_to_text(written) == ""


def test_text_is_cut_at_hubspots_limit():
    long = [{"type": "paragraph", "children": [{"text": "word " * 5000}]} for _ in range(20)]
    assert len(rich_text_to_text(json.dumps(long))) == MAX_TEXT
    assert len(rich_text_to_text("x" * (MAX_TEXT + 1))) == MAX_TEXT


@pytest.mark.parametrize("depth", [900, 100_000])
def test_deep_nesting_breaks_nothing(depth):
    written = '{"children":[' * depth + '{"text":"deep"}' + "]}" * depth
    assert rich_text_to_text(written) in ("deep", "")


@pytest.mark.parametrize(
    "written",
    [
        json.dumps([{"type": "x", "children": [{"text": ""}]}] * 25_000),
        json.dumps([[]] * 300_000),
        json.dumps([{"text": "\n" * 500_000}]),
        "<" * 1_000_000,
        "<a" * 500_000,
        "\n" * 1_000_000,
    ],
    ids=["nodes", "lists", "lines in a node", "signs", "tags", "lines"],
)
def test_a_megabyte_made_to_be_slow_is_not(written):
    started = time.process_time()
    rich_text_to_text(written)
    assert time.process_time() - started < 5


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "object", "text", "children", "nodes", "content", "blocks", "insert", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(json_values)
def test_whatever_nodes_come_become_text_that_can_be_sent(value):
    text = rich_text_to_text(json.dumps(value))
    assert Text().deserialize(text) == text == text.strip()


@given(st.text(max_size=200))
def test_whatever_text_comes_becomes_text_that_can_be_sent(written):
    text = rich_text_to_text(written)
    assert Text().deserialize(text) == text == text.strip()
