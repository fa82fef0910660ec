"""Python numbers that are known only later: the number arguments of a function that ``mathcore/fusion.py`` traces.

Arithmetic and comparisons with other numbers give deferred numbers again; a use that needs the value is refused.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from mathcore.errors import MathcoreError

Rule = Callable[[Sequence[Any]], Any]
"""From the arguments of a call to the number."""

OPERATORS = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and_", "or_", "xor", "lshift", "rshift")
COMPARISONS = ("lt", "le", "gt", "ge", "eq", "ne")
UNARY = ("neg", "pos", "abs", "invert")
NEED_THE_VALUE = ("bool", "int", "float", "complex", "index", "round", "array", "iter")


class Number:
    """A number that follows from the arguments of a call.

    Attributes:
        rule: gives it.
        example: what it gave in the call that is traced; later ones give a number of the same type.
    """

    __slots__ = ("example", "rule")
    __hash__ = None  # type: ignore[assignment]  # equality is deferred too

    def __init__(self, rule: Rule, example: Any) -> None:
        self.rule = rule
        self.example = example


def _lift(function: Callable[..., Any], *operands: Any) -> Any:
    """Return the number that ``function`` will give; leave arrays to the array's own operator."""
    if not all(isinstance(x, (Number, bool, int, float)) for x in operands):
        return NotImplemented
    rules = [x.rule if isinstance(x, Number) else lambda _, known=x: known for x in operands]
    examples = [x.example if isinstance(x, Number) else x for x in operands]
    return Number(lambda arguments: function(*(rule(arguments) for rule in rules)), function(*examples))


def _define(name: str) -> None:
    function, short = getattr(operator, name), name.rstrip("_")
    setattr(Number, f"__{short}__", lambda *operands: _lift(function, *operands))
    if name in OPERATORS:
        setattr(Number, f"__r{short}__", lambda right, left: _lift(function, left, right))


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise MathcoreError(
        "expected arithmetic and comparisons with number arguments of a fused function, got a use that needs their "
        "value, such as if, float() or math.sqrt(); compute it before the call"
    )


for _name in (*OPERATORS, *COMPARISONS, *UNARY):
    _define(_name)
for _name in NEED_THE_VALUE:
    setattr(Number, f"__{_name}__", _refuse)
