"""Markup in, what a reader sees out."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.fields import MAX_TEXT, Text
from schemas.text import cut, html_to_text, markdown_to_text

MARKUP = st.lists(
    st.sampled_from(
        [
            "<p>",
            "</p>",
            "<b",
            ">",
            "<!--",
            "-->",
            "<![",
            "<![CDATA[",
            "]]>",
            "<?x",
            "&amp;",
            "&#xD800;",
            "&#0;",
            "<br/>",
            "<script>",
            "x",
            " ",
            "\n",
            "*",
            "`",
            "[",
        ]
    )
).map("".join)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<P>Some dummy text</P>", "Some dummy text"),
        ("<h1>Gala</h1><P>Tom &amp; Jerry<br>again</P><style>p{}</style>", "Gala\n\nTom & Jerry\nagain"),
        ("<ul><li>one</li><li>two</li></ul>after", "one\ntwo\n\nafter"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<p>wrapped\n   by   an\neditor</p>", "wrapped by an editor"),
        ("so<b>me</b> <i>words</i>", "some words"),
        ("a&nbsp;b &lt;c&gt; &uuml; &#8211;", "a b <c> ü –"),
        (
            "seen<script>alert(1)</script><template>x</template><!-- hidden --> and<head><title>t</title></head> seen",
            "seen and seen",
        ),
        ("a < b and c > d", "a < b and c > d"),
        ("unclosed <b>bold <a href='x", "unclosed bold <a href='x"),
        ("https://example.com/a.html", "https://example.com/a.html"),
        ("<?xml version='1.0'?><p>x</p>", "x"),
        ("<![nonsense <p>x", "x"),
        ("", ""),
        ("<p> </p>", ""),
    ],
)
def test_html_becomes_what_a_reader_sees(html, text):
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("# Gala\n\n**Hello** [you](https://x.example)\n\n<script>alert(1)</script>", "Gala\n\nHello you"),
        ("**Hello** <b>x</b>", "Hello x"),
        ("one\ntwo\n\nthree", "one\ntwo\n\nthree"),
        ("* a\n* b", "a\nb"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a b\n1 2"),
        ("Tom & Jerry < all", "Tom & Jerry < all"),
        ("![](only-a-picture.png)", ""),
    ],
)
def test_markdown_becomes_what_a_reader_sees(markdown, text):
    assert markdown_to_text(markdown) == text


@given(st.text(max_size=300) | MARKUP)
def test_whatever_comes_becomes_text_that_can_be_sent(markup):
    for read in (html_to_text, markdown_to_text, cut):
        text = read(markup)
        assert Text().deserialize(text) == text == text.strip()


@given(
    st.text(st.characters(categories=["L", "N"]), min_size=1), st.text(st.characters(categories=["L", "N"]), min_size=1)
)
def test_paragraphs_stay_apart(one, other):
    assert html_to_text(f"<p>{one}</p><p>{other}</p>") == f"{one}\n\n{other}"


def test_no_text_is_longer_than_hubspot_takes():
    assert len(html_to_text("<p>" + "x" * 200_000)) == MAX_TEXT
    assert len(cut("x" * 200_000)) == MAX_TEXT


@pytest.mark.parametrize("part", ["<div>", "<a ", "<!--", "<", "&", "</b>", "<b><i></b>", "<?", "<![if "])
def test_markup_made_to_be_slow_is_not(part):
    started = time.process_time()
    html_to_text(part * 100_000)
    assert time.process_time() - started < 5
