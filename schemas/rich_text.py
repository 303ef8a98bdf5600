"""Plain text out of what editors of rich text keep as JSON: nodes in nodes, whose leaves are the words.

The names of the members are those of https://docs.slatejs.org (`children`; formerly `document`, `nodes`, `leaves`),
https://prosemirror.net and Tiptap (`content`), https://lexical.dev (`root`), https://draftjs.org (`blocks`) and
https://quilljs.com/docs/delta (`ops`, `insert`).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson

from schemas.fields import MAX_TEXT
from schemas.text import cut, html_to_text

_INSIDE = ("document", "root", "blocks", "children", "content", "nodes", "leaves", "ops")
_WORDS = ("text", "insert")
_BREAKS = frozenset({"hardBreak", "hard_break", "linebreak", "line-break", "break", "br"})
_ITEM = re.compile(r"(.*[-_])?list[-_]?item|li", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_JSON = re.compile(r"\s*[\[{]\s*[\[{\"]")
_MOST = 2 * MAX_TEXT


def rich_text_to_text(written: str) -> str:
    """What a reader would see, whether it is JSON of an editor's, HTML or plain; at most `MAX_TEXT` characters.

    JSON that is broken off says nothing.
    """
    try:
        value = orjson.loads(written) if written.lstrip()[:1] in ("[", "{") else None
    except ValueError:
        value = "" if _JSON.match(written) else None
    if value is not None:
        return _tidy(_pieces(value))
    return html_to_text(written) if _TAG.search(written) else cut(written)


def _pieces(root: Any) -> Iterator[str]:
    """The words and the gaps between, in order; without recursion, since nodes may be nested as deep as JSON lets them."""
    waiting, size = [root], 0
    while waiting and size <= _MOST:
        node = waiting.pop()
        if isinstance(node, str):
            size += len(node)
            yield node
        else:
            waiting += reversed(list(_inside(node)))


def _inside(node: Any) -> Iterable[Any]:
    """What a node consists of."""
    if isinstance(node, list):
        return _apart(node)
    if not isinstance(node, dict):
        return []
    words = next((node[name] for name in _WORDS if isinstance(node.get(name), str)), "")
    line = "\n" if _type(node) in _BREAKS else ""
    return [words, line, *_below(node)]


def _below(node: dict[str, Any]) -> Iterator[Any]:
    for name in _INSIDE:
        inner = node.get(name)
        if isinstance(inner, list):
            yield from _apart(inner, blocks=name == "blocks")
        elif isinstance(inner, dict):
            yield inner


def _apart(nodes: Sequence[Any], *, blocks: bool = False) -> Iterator[Any]:
    """The nodes, with gaps between. Editors keep words beside words only: where one node is of a line, all are."""
    if not blocks and any(_is_of_a_line(node) for node in nodes):
        yield from nodes
        return
    for node in nodes:
        before, after = ("\n", "") if _ITEM.fullmatch(_type(node)) else ("\n\n", "\n\n")
        yield from (before, node, after)


def _is_of_a_line(node: Any) -> bool:
    if not isinstance(node, dict):
        return isinstance(node, str)
    return any(isinstance(node.get(name), str) for name in _WORDS) or node.get("object") in ("text", "inline")


def _type(node: Any) -> str:
    kind = node.get("type") if isinstance(node, dict) else None
    return kind if isinstance(kind, str) else ""


def _tidy(pieces: Iterable[str]) -> str:
    """One space between words, at most one empty line between lines."""
    lines = "\n".join(" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return cut(re.sub(r"\n{3,}", "\n\n", lines).strip())
