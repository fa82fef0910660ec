"""The result of running a network on test examples."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Evaluation:
    """Loss and right answers on some examples.

    Attributes:
        loss: mean over the examples.
        correct: how many of them were classified correctly.
        examples: how many there were.
    """

    loss: float
    correct: int
    examples: int
