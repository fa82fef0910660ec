"""The hinge loss, one class against all others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mathcore.array import NDArray
from mathcore.functions.rounding import maximum
from mathcore.functions.searching import where
from mathcore.fusion import fused
from mathcore.layers.layer import TESTING, Arrays, Backward, Context, Layer, Shape
from mathcore.layers.registry import register_layer
from mathcore.layers.scores import check_scores
from mathcore.layers.settings import Settings

PARAMS = ("norm",)


@register_layer("hinge_loss")
class HingeLoss(Layer):
    """1/N times the sum over examples and classes of max(0, 1 - s x)**p: (C,) and () to ().

    s is 1 for the class of the label and -1 for all others. Params: ``norm`` "L1" (default, p = 1) or "L2" (p = 2).
    A label that is no class makes the loss NaN.
    """

    role = "loss"
    input_count = 2

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        self.norm = Settings(str(self), params, known=PARAMS).choice("norm", ("L1", "L2"), default="L1")

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        check_scores(self, inputs)
        return ((),)

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        """Return the loss () of scores (N, C) float32 and labels (N,) int32, and ``backward``.

        Source:
            Caffe's HingeLoss layer; Cortes, Vapnik, Support-Vector Networks (1995).
        """
        x, labels = inputs
        backend, (count, size) = x.backend, x.shape
        losses_of, gradient_of = (_losses, _gradient) if self.norm == "L1" else (_squares, _squares_gradient)
        column, classes = backend.reshape(labels, (count, 1)), backend.iota(size)
        total = backend.reduce("sum", losses_of(x, column, classes, size), None)
        loss = total / count

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            (dloss,) = output_gradients
            return gradient_of(x, column, classes, dloss, count), None

        return (loss,), backward


def _margins(x: NDArray, labels: NDArray, classes: NDArray) -> NDArray:
    return maximum(where(labels == classes, -x, x) + 1, 0)


@fused
def _losses(x: NDArray, labels: NDArray, classes: NDArray, size: int) -> NDArray:
    return where((labels < 0) | (labels >= size), float("nan"), _margins(x, labels, classes))


@fused
def _squares(x: NDArray, labels: NDArray, classes: NDArray, size: int) -> NDArray:
    margins = _margins(x, labels, classes)
    return where((labels < 0) | (labels >= size), float("nan"), margins * margins)


@fused
def _gradient(x: NDArray, labels: NDArray, classes: NDArray, dloss: NDArray, count: int) -> NDArray:
    share = dloss / count
    return where(_margins(x, labels, classes) > 0, where(labels == classes, -share, share), 0)


@fused
def _squares_gradient(x: NDArray, labels: NDArray, classes: NDArray, dloss: NDArray, count: int) -> NDArray:
    share = dloss / count * 2
    return _margins(x, labels, classes) * where(labels == classes, -share, share)
