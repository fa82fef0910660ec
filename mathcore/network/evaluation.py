"""The result of running a network on test examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Evaluation:
    """Loss and right answers on some examples.

    Attributes:
        loss: mean over the examples; of several losses the sum, each times its ``loss_weight``.
        correct: how many of them were classified correctly, as the first accuracy layer counts.
        examples: how many there were.
        losses: each loss by the name of its layer, without its ``loss_weight``.
        metrics: what each accuracy layer gives, by its name; sums over the examples.
    """

    loss: float
    correct: int
    examples: int
    losses: Mapping[str, float] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
