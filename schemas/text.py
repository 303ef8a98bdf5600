"""Plain text out of what people format: HTML and Markdown."""

from collections.abc import Iterable

from bs4 import BeautifulSoup, Tag
from markdown_it import MarkdownIt

from schemas.fields import MAX_TEXT

_BLOCKS = ("p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "ul", "ol", "table", "blockquote", "pre")
_UNSEEN = ("script", "style", "template", "noscript", "head")


def html_to_text(html: str) -> str:
    """What a reader would see: no tags, entities decoded, paragraphs kept apart."""
    soup = BeautifulSoup(html[: 8 * MAX_TEXT], "html.parser")
    for unseen in soup.find_all(_UNSEEN):
        unseen.decompose()
    for broken in soup.find_all("br"):
        broken.replace_with("\n")
    for block in soup.find_all(_BLOCKS):
        _set_apart(block)
    lines = (" ".join(line.split()) for line in soup.get_text().splitlines())
    return _paragraphs(lines)


def markdown_to_text(markdown: str) -> str:
    """The same for Markdown, and for HTML within it: https://spec.commonmark.org"""
    return html_to_text(MarkdownIt("commonmark").render(markdown[:MAX_TEXT]))


def _set_apart(block: Tag) -> None:
    block.insert_before("\n\n")
    block.insert_after("\n\n")


def _paragraphs(lines: Iterable[str]) -> str:
    text = "\n".join(lines)
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip()[:MAX_TEXT]
