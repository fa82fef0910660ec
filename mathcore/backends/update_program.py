"""The step of an optimizer as data: what ``mathcore/optimizers/tracing.py`` writes and every backend runs.

A program works on each element alone: it reads parameters, gradient and state, does exact or correctly rounded
operations one after the other, and writes some of them back. Nothing in between is stored.
"""

from __future__ import annotations

from typing import NamedTuple

from mathcore.backends.operations import Chain

BLOCK = 256
"""Elements that share a pair of multipliers, and from whose multiples state slots start."""

PARAMETERS, GRADIENT = 0, 1


class UpdateProgram(NamedTuple):
    """A straight-line program; the same bits on every backend.

    Its values are numbered: parameters, gradient, the state slots, then ``lr_mult`` and ``decay_mult`` if it is
    multiplied, the numbers, and what the steps give.

    Attributes:
        slots: vectors of state.
        multiplied: whether it takes multipliers; where ``lr_mult`` is 0 nothing is written.
        numbers: float32 numbers, which come with every run.
        steps: operations of ``EXACT``.
        writes: which vector (numbered as the values) gets which value, once all are computed.
    """

    slots: int
    multiplied: bool
    numbers: int
    steps: Chain
    writes: tuple[tuple[int, int], ...]


EXACT = frozenset((
    "abs", "add", "divide", "equal", "greater", "greater_equal", "less", "less_equal", "logical_and", "logical_not",
    "logical_or", "maximum", "minimum", "multiply", "negative", "not_equal", "positive", "reciprocal", "sign", "sqrt",
    "square", "subtract", "where",
))  # fmt: skip
"""Operations whose bits IEEE 754 fixes."""


def slot_stride(size: int) -> int:
    """Return from where to where the state slots of a vector of ``size`` elements start."""
    return -(-size // BLOCK) * BLOCK
