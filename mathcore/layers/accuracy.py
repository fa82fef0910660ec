"""How many answers of a classifier are right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mathcore.array import NDArray
from mathcore.errors import ShapeError
from mathcore.layers.layer import TESTING, Arrays, Backward, Context, Layer, Shape
from mathcore.layers.registry import register_layer
from mathcore.layers.scores import check_scores
from mathcore.layers.settings import Settings
from mathcore.layers.shapes import with_examples


@register_layer("accuracy")
class Accuracy(Layer):
    """The number of examples whose label is among the k highest scores: (C,) and () to ().

    Of equal scores the first is the highest, and NaN is higher than all numbers. A count, not a fraction: counts of
    shards add up exactly. Params: ``top_k`` k (default 1).
    """

    role = "metric"
    input_count = 2

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        settings = Settings(str(self), params, known=("top_k",))
        self.top_k = settings.integer("top_k", minimum=1) if "top_k" in params else 1

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        check_scores(self, inputs)
        if self.top_k > inputs[0][0]:
            raise ShapeError(
                f"{self}: expected at least {self.top_k} scores, got {with_examples(inputs[0])}; use a smaller top_k"
            )
        return ((),)

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        """Return the count, int32 (), of scores (N, C) and labels (N,) int32; its ``backward`` gives no gradients."""
        logits, labels = inputs
        return (logits.backend.count_correct(logits, labels, top_k=self.top_k),), _no_gradients


def _no_gradients(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
    return None, None
