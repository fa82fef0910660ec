"""How many answers of a classifier are right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mathcore.array import NDArray
from mathcore.layers.layer import TESTING, Arrays, Backward, Context, Layer, Shape
from mathcore.layers.registry import register_layer
from mathcore.layers.scores import check_scores
from mathcore.layers.settings import Settings


@register_layer("accuracy")
class Accuracy(Layer):
    """The number of examples whose highest score (the first on ties) is at the label: (C,) and () to (). No params.

    A count, not a fraction: counts of shards add up exactly.
    """

    role = "metric"
    input_count = 2

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        Settings(str(self), params, known=())

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        check_scores(self, inputs)
        return ((),)

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        """Return the count, int32 (), of scores (N, C) and labels (N,) int32; its ``backward`` gives no gradients."""
        logits, labels = inputs
        return (logits.backend.count_correct(logits, labels),), _no_gradients


def _no_gradients(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
    return None, None
