"""The mean of each channel of an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mathcore.array import NDArray
from mathcore.layers.layer import TESTING, Arrays, Backward, Context, Layer, Shape
from mathcore.layers.registry import register_layer
from mathcore.layers.settings import Settings
from mathcore.layers.shapes import check_images


@register_layer("global_average_pooling")
class GlobalAveragePooling(Layer):
    """The mean of each channel over all pixels: (H, W, C) to (C,). No params."""

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        Settings(str(self), params, known=())

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        check_images(self, inputs[0])
        return ((inputs[0][2],),)

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        """Return ``y`` (N, C) of ``x`` (N, H, W, C), float32, and ``backward``.

        Source:
            Lin, Chen, Yan, Network In Network (2014), section 3.2.
        """
        (x,) = inputs
        shape = x.shape

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            (dy,) = output_gradients
            return (dy.backend.global_average_pooling_gradient(dy, x_shape=shape),)

        return (x.backend.global_average_pooling(x),), backward
