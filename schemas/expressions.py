"""JMESPath: where in a platform's JSON a value stands. https://jmespath.org/specification.html"""

from collections.abc import Iterator, Mapping
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError, ParseError
from jmespath.functions import Functions
from jmespath.parser import ParsedResult
from jmespath.visitor import TreeInterpreter
from marshmallow import ValidationError

from schemas.costs import growth, levels
from schemas.fields import Value

# What an expression costs grows with its nesting, and with the body, whose size is limited.
MOST_LETTERS = 1000
MOST_LEVELS = 40
MOST_GROWTH = 100
MOST_STEPS = 2_000_000  # about a second's
# What jmespath lets through from Python when a function meets a value that it was not made for.
_MISHAPS = (JMESPathError, ArithmeticError, LookupError, RecursionError, TypeError, ValueError)


class Expression(Value[ParsedResult]):
    """A JMESPath, compiled once."""

    def read(self, value: Any) -> ParsedResult:
        """The compiled expression, whose functions all exist."""
        if not isinstance(value, str):
            raise ValidationError("Not a JMESPath: give it as a string.")
        if len(value) > MOST_LETTERS:
            raise ValidationError(f"A JMESPath of more than {MOST_LETTERS} characters: say it more shortly.")
        try:
            compiled = jmespath.compile(value)
        except JMESPathError as error:
            raise ValidationError(f"Not a JMESPath: {_fault(error)}.") from error
        except RecursionError as error:
            raise _too_deep() from error
        if levels(compiled.parsed) > MOST_LEVELS:
            raise _too_deep()
        if growth(compiled.parsed) > MOST_GROWTH:
            raise ValidationError(
                f"A JMESPath that may make {MOST_GROWTH} times of what it is given: take less, and join by a fixed text."
            )
        unknown = sorted(set(_called(compiled.parsed)) - Functions.FUNCTION_TABLE.keys())
        if unknown:
            raise ValidationError(f"Not a JMESPath: there is no function {unknown[0]}().")
        return compiled


class TooCostly(ValueError):
    """It takes more steps than any expression that somebody needs."""


class _Counted(TreeInterpreter):
    """Ends what takes too many steps: how many it takes depends on the body as well."""

    def __init__(self) -> None:
        super().__init__()
        self._steps = 0

    def visit(self, node: Any, *values: Any) -> Any:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise TooCostly
        return super().visit(node, *values)


def evaluate(expression: ParsedResult, value: Any) -> Any:
    """What the expression finds in `value`; None is nothing.

    Raises `ValueError`, whose text does not repeat the value, also where finding it takes too many steps.
    """
    try:
        return _Counted().visit(expression.parsed, value)
    except _MISHAPS as error:
        raise ValueError(f"Cannot be taken out of what was sent: {type(error).__name__}.") from error


def _fault(error: Exception) -> str:
    """Where it breaks off, in one line; the expression itself may have a variable's value in it."""
    return f"it breaks off at character {error.lex_position + 1}" if isinstance(error, ParseError) else "it is empty"


def _too_deep() -> ValidationError:
    return ValidationError(f"A JMESPath of more than {MOST_LEVELS} levels: say it more simply.")


def _called(node: Mapping[str, Any]) -> Iterator[str]:
    """The functions that it calls; the children of a slice are numbers."""
    if node["type"] == "function_expression":
        yield node["value"]
    for child in node["children"]:
        if isinstance(child, dict):
            yield from _called(child)
