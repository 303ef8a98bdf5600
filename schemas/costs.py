"""What a JMESPath may cost, judged before it is ever used: how deep it is, and how much it makes of what it is given."""

import math
from collections.abc import Mapping
from typing import Any

# Nodes each of whose children is given what the one before it made; a filter's third child is its condition.
_STEPS = frozenset({"subexpression", "index_expression", "pipe", "projection", "value_projection", "filter_projection"})


def levels(node: Mapping[str, Any]) -> int:
    """How deep it is nested."""
    return 1 + max(map(levels, _children(node)), default=0)


def growth(node: Mapping[str, Any]) -> float:
    """How many times as large as what it is given its result may be, at most. `[@, @] | [@, @]` makes four of one."""
    grown = [growth(child) for child in _children(node)]
    if node["type"] in _STEPS:
        return math.prod(grown[:2] if node["type"] == "filter_projection" else grown)
    if node["type"] == "function_expression":
        return _growth_of_call(node, grown)
    return max(1.0, sum(grown))


def _growth_of_call(node: Mapping[str, Any], grown: list[float]) -> float:
    """A function's: what it does with each element comes on top of what it is given."""
    children = _children(node)
    each = math.prod(more for child, more in zip(children, grown, strict=True) if child["type"] == "expref")
    given = sum(more for child, more in zip(children, grown, strict=True) if child["type"] not in ("expref", "literal"))
    return each * max(1.0, given) * _growth_of_text(node["value"], children)


def _growth_of_text(function: str, children: list[Mapping[str, Any]]) -> float:
    """What is joined has what is put between as often as it has parts; what is quoted again has each quote twice."""
    if function == "join" and children:
        between = children[0]
        return 1.0 + len(between["value"]) if between["type"] == "literal" else math.inf
    return 2.0 if function == "to_string" else 1.0


def _children(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The nodes below; those of a slice are numbers."""
    return [child for child in node["children"] if isinstance(child, dict)]
