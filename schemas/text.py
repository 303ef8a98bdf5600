"""Plain text out of what people format: HTML and Markdown."""

import re
from collections.abc import Iterable, Iterator

from bs4 import BeautifulSoup
from bs4.element import CData, NavigableString, PageElement, Tag
from bs4.exceptions import ParserRejectedMarkup
from markdown_it import MarkdownIt

from schemas.fields import MAX_TEXT

_MOST_MARKUP = 2 * MAX_TEXT
_UNSEEN = frozenset({"script", "style", "template", "noscript", "head", "title", "textarea", "iframe"})
_PARAGRAPHS = (
    *("address", "article", "aside", "blockquote", "center", "div", "dl", "fieldset", "figure", "footer", "form"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "main", "nav", "ol", "p", "pre", "section", "table", "ul"),
)
_LINES = ("br", "dd", "dt", "figcaption", "li", "tr")
# What stands before and after an element where a browser shows it apart from what surrounds it.
_GAPS = {
    **dict.fromkeys(_PARAGRAPHS, ("\n\n", "\n\n")),
    **dict.fromkeys(_LINES, ("\n", "")),
    **dict.fromkeys(("td", "th"), (" ", " ")),
}
_SPACES = re.compile(r"\s+")
_SECTION = re.compile(r"<!\[[^>]*>?")


def html_to_text(html: str) -> str:
    """What a reader would see: no tags, entities decoded, paragraphs and lines kept apart; at most `MAX_TEXT` characters."""
    return _tidy("".join(_pieces(_parse(html[:_MOST_MARKUP]))))


def markdown_to_text(markdown: str) -> str:
    """The same for Markdown, and for HTML within it: https://spec.commonmark.org. Its line breaks are kept."""
    reader = MarkdownIt("commonmark", {"breaks": True}).enable("table")
    return html_to_text(reader.render(markdown[:MAX_TEXT]))


def cut(text: str) -> str:
    """Plain text without what cannot be stored, at the length that HubSpot takes."""
    return text.replace("\x00", "")[:MAX_TEXT].strip()


def _parse(html: str) -> Tag:
    """The tree. The tag around it says that this is HTML, even where it looks like an address, a file or XML."""
    whole = f"<div>{_ended(html)}</div>"
    try:
        return BeautifulSoup(whole, "html.parser")
    except ParserRejectedMarkup:  # a section such as <![foo>, which browsers and Python 3.14 skip
        return BeautifulSoup(_SECTION.sub("", whole), "html.parser")


def _ended(html: str) -> str:
    """The same, where a tag or comment that never ends is text: html.parser would look for its end again and again."""
    comments = html.rfind("-->") + 1
    html = html[:comments] + html[comments:].replace("<!--", "&lt;!--")
    tags = html.rfind(">") + 1
    return html[:tags] + html[tags:].replace("<", "&lt;")


def _pieces(root: Tag) -> Iterator[str]:
    """The text and the gaps between, in order; without recursion, since HTML may be nested as deep as it is long."""
    waiting: list[PageElement | str] = [root]
    while waiting:
        piece = waiting.pop()
        if isinstance(piece, Tag):
            waiting += _inside(piece)
        elif type(piece) in (NavigableString, CData):
            yield _SPACES.sub(" ", str(piece))
        elif type(piece) is str:
            yield piece


def _inside(tag: Tag) -> Iterable[PageElement | str]:
    """What a tag consists of, last first."""
    if tag.name in _UNSEEN:
        return []
    before, after = _GAPS.get(tag.name, ("", ""))
    return [after, *reversed(tag.contents), before]


def _tidy(text: str) -> str:
    """One space between words, at most one empty line between lines."""
    lines = "\n".join(" ".join(line.split()) for line in text.split("\n"))
    return cut(re.sub(r"\n{3,}", "\n\n", lines).strip())
