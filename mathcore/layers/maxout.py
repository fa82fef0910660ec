"""Maxout."""

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


@register_layer("maxout")
class Maxout(Layer):
    """The largest of each k neighbouring channels: (..., C) to (..., C / k).

    Params: ``group`` k, which divides C. The gradient goes to the first of equal maxima.
    """

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        self.group = Settings(str(self), params, known=("group",)).integer("group", minimum=1)

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        (x,) = inputs
        if not x or x[-1] % self.group:
            raise ShapeError(
                f"{self}: expected x with a multiple of {self.group} channels, got {with_examples(x)}; change group"
            )
        return ((*x[:-1], x[-1] // self.group),)

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        """Return ``y`` (N, ..., C / k) of ``x`` (N, ..., C) float32, and ``backward``.

        Source:
            Goodfellow et al., Maxout Networks (2013).
        """
        (x,) = inputs
        backend, shape = x.backend, (*x.shape[:-1], x.shape[-1] // self.group)
        groups = backend.reshape(x, (*shape, self.group))
        places = backend.reshape(backend.reduce("argmax", groups, len(shape)), (*shape, 1))
        y = backend.reduce("max", groups, len(shape))

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            (dy,) = output_gradients
            column = backend.reshape(dy, (*shape, 1))
            return (backend.reshape(_chosen(column, places, backend.iota(self.group)), x.shape),)

        return (y,), backward


@fused
def _chosen(dy: NDArray, places: NDArray, members: NDArray) -> NDArray:
    return where(places == members, dy, 0)
