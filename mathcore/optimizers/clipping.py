"""Limits on the gradient: of each value, and of its norm."""

from __future__ import annotations

import math
from collections.abc import Mapping

from mathcore.array import NDArray
from mathcore.functions.rounding import maximum, minimum
from mathcore.optimizers.settings import check_range
from mathcore.optimizers.tracing import Numbers, State
from mathcore.optimizers.transformation import Transformation, register_transformation

SMALLEST, LARGEST = 1e-30, 1e30


@register_transformation("clip_norm")
class ClipNorm(Transformation):
    """u * min(1, clip_norm / |u|): the whole gradient is scaled, its direction stays.

    A gradient whose squares do not fit float32, or that has NaN, becomes NaN, so that the run stops at the next loss.

    Source:
        Pascanu, Mikolov, Bengio, On the Difficulty of Training Recurrent Neural Networks (2013), algorithm 1.
    """

    needs_norm = True

    def __init__(self, *, clip_norm: float) -> None:
        self.clip_norm = check_range("clip_norm", clip_norm, minimum=SMALLEST, maximum=LARGEST)

    def numbers(self, step: int, norm: float) -> Mapping[str, float]:
        if not math.isfinite(norm):
            return {"scale": math.nan}
        return {"scale": self.clip_norm / norm if norm > self.clip_norm else 1.0}

    def update(self, u: NDArray, w: NDArray, state: State, numbers: Numbers) -> NDArray:
        return numbers.scale * u


@register_transformation("clip_value")
class ClipValue(Transformation):
    """Each value of u is moved into -clip_value to clip_value; NaN stays."""

    def __init__(self, *, clip_value: float) -> None:
        self.clip_value = check_range("clip_value", clip_value, minimum=SMALLEST, maximum=LARGEST)

    def update(self, u: NDArray, w: NDArray, state: State, numbers: Numbers) -> NDArray:
        return minimum(maximum(u, -self.clip_value), self.clip_value)
