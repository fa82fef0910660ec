"""The squared loss, for values rather than classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mathcore.array import NDArray
from mathcore.errors import ShapeError
from mathcore.functions.searching import where
from mathcore.fusion import fused
from mathcore.layers.layer import TESTING, Arrays, Backward, Context, Layer, Shape
from mathcore.layers.registry import register_layer
from mathcore.layers.settings import Settings
from mathcore.layers.shapes import with_examples


@register_layer("squared_loss")
class SquaredLoss(Layer):
    """1/(2 N) times the sum of (x - t)**2 over all elements of all N examples, as Caffe's EuclideanLoss. No params.

    Of x and t of one shape, or of scores (C,) and labels (): t is then 1 at the label and 0 elsewhere, and a label that
    is no class makes the loss NaN. A gradient goes to x, and to t of floating point.
    """

    role = "loss"
    input_count = 2

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        Settings(str(self), params, known=())

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        x, t = inputs
        if x != t and not (len(x) == 1 and t == ()):
            raise ShapeError(
                f"{self}: expected two blobs of one shape, or scores (N, C) and labels (N,), got {with_examples(x)} "
                f"and {with_examples(t)}; make them alike"
            )
        return ((),)

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        """Return the loss () of ``x`` (N, ...) float32 and the target, float32 or int32 labels, and ``backward``."""
        x, t = inputs
        backend, count = x.backend, x.shape[0]
        labels = t.shape != x.shape
        if labels:
            column, classes = backend.reshape(t, (count, 1)), backend.iota(x.shape[1])
            difference = _from_labels(x, column, classes, x.shape[1])
        else:
            difference = x - (backend.cast(t, x.dtype) if t.dtype != x.dtype else t)
        loss = backend.reduce("sum", difference * difference, None) / (2 * count)

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            (dloss,) = output_gradients
            dx = _share(difference, dloss, count)
            return dx, -dx if t.dtype == x.dtype else None

        return (loss,), backward


@fused
def _from_labels(x: NDArray, labels: NDArray, classes: NDArray, size: int) -> NDArray:
    difference = where(labels == classes, x - 1, x)
    return where((labels < 0) | (labels >= size), float("nan"), difference)


@fused
def _share(difference: NDArray, dloss: NDArray, count: int) -> NDArray:
    return difference * (dloss / count)
