"""The loss of a classifier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mathcore.array import NDArray
from mathcore.layers.layer import TESTING, Arrays, Backward, Context, Layer, Shape
from mathcore.layers.registry import register_layer
from mathcore.layers.scores import check_scores
from mathcore.layers.settings import Settings

PARAMS = ("ignore_label", "label_smoothing")


@register_layer("softmax_cross_entropy")
class SoftmaxCrossEntropy(Layer):
    """The cross-entropy of softmax(scores) and the labels, mean over the examples that count: (C,) and () to ().

    Params: ``ignore_label`` (default none): examples with this label do not count, and get no gradient; a batch of
    nothing else has the loss 0. ``label_smoothing`` (default 0, up to 1): a label stands for the distribution with
    1 - label_smoothing at the label and the rest shared by all classes.

    A label that is neither a class nor ignored makes the loss NaN.
    """

    role = "loss"
    input_count = 2

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        settings = Settings(str(self), params, known=PARAMS)
        self.ignore_label = (
            settings.integer("ignore_label", minimum=-(2**31), maximum=2**31 - 1) if "ignore_label" in params else None
        )
        self.label_smoothing = settings.number("label_smoothing", minimum=0, maximum=1, default=0)

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
        ignored, smoothing = self.ignore_label, self.label_smoothing
        loss, probabilities = logits.backend.softmax_cross_entropy(
            logits, labels, ignore_label=ignored, label_smoothing=smoothing
        )

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            (dloss,) = output_gradients
            dx = dloss.backend.softmax_cross_entropy_gradient(
                probabilities, labels, dloss, ignore_label=ignored, label_smoothing=smoothing
            )
            return dx, None

        return (loss,), backward
