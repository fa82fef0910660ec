"""Blobs one after another along an axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mathcore.array import NDArray
from mathcore.backends.shapes import contiguous_strides
from mathcore.errors import ShapeError
from mathcore.layers.layer import TESTING, Arrays, Backward, Context, Layer, Shape
from mathcore.layers.registry import register_layer
from mathcore.layers.settings import MAXIMUM_AXES, Settings
from mathcore.layers.shapes import with_examples


@register_layer("concat")
class Concat(Layer):
    """Its inputs one after another: images (H, W, C1) and (H, W, C2) to (H, W, C1 + C2).

    Params: ``axis``, counted from 1 behind the examples (default: the last). The inputs are alike in all others.
    """

    input_count = None

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        settings = Settings(str(self), params, known=("axis",))
        self.axis = settings.integer("axis", minimum=1, maximum=MAXIMUM_AXES) if "axis" in params else 0

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        first = inputs[0]
        self.axis = self.axis or len(first)
        place = self.axis - 1
        for x in inputs:
            if len(x) != len(first) or place >= len(x) or _without(x, place) != _without(first, place):
                raise ShapeError(
                    f"{self}: expected inputs that are alike in all axes but {self.axis}, got {with_examples(first)} "
                    f"and {with_examples(x)}; set axis, or make the layers before it alike"
                )
        return ((*first[:place], sum(x[place] for x in inputs), *first[place + 1 :]),)

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        """Return the inputs side by side in a new array, and ``backward``, which takes the gradient apart."""
        axis, backend = self.axis, inputs[0].backend
        lengths = [x.shape[axis] for x in inputs]
        first = inputs[0].shape
        y = backend.empty((*first[:axis], sum(lengths), *first[axis + 1 :]), inputs[0].dtype)
        strides = contiguous_strides(y.shape)
        starts = [sum(lengths[:place]) * strides[axis] for place in range(len(inputs))]
        shapes = [x.shape for x in inputs]
        for x, start in zip(inputs, starts, strict=True):
            backend.write_strided(y, start, strides, x.shape, x)

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            (dy,) = output_gradients
            return tuple(
                dy.backend.read_strided(dy, start, strides, shape) for start, shape in zip(starts, shapes, strict=True)
            )

        return (y,), backward


def _without(shape: Shape, place: int) -> Shape:
    return shape[:place] + shape[place + 1 :]
