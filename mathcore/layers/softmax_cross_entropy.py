"""The loss of a classifier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mathcore.array import NDArray
from mathcore.layers.layer import TESTING, Arrays, Backward, Context, Layer, Shape
from mathcore.layers.registry import register_layer
from mathcore.layers.scores import check_scores
from mathcore.layers.settings import Settings


@register_layer("softmax_cross_entropy")
class SoftmaxCrossEntropy(Layer):
    """The cross-entropy of softmax(scores) and the labels, mean over the examples: (C,) and () to (). No params."""

    role = "loss"
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
        """Return the loss () of scores (N, C) float32 and labels (N,) int32, and ``backward``.

        Source:
            Goodfellow, Bengio, Courville, Deep Learning (2016), section 6.2.2.3.
        """
        logits, labels = inputs
        loss, probabilities = logits.backend.softmax_cross_entropy(logits, labels)

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            (dloss,) = output_gradients
            return dloss.backend.softmax_cross_entropy_gradient(probabilities, labels, dloss), None

        return (loss,), backward
