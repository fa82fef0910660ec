"""Convolution and the rectifier."""

from __future__ import annotations

from collections.abc import Mapping

from mathcore.array import NDArray
from mathcore.layers.convolution_2d import Convolution2D
from mathcore.layers.fused.fused_layer import FusedLayer
from mathcore.layers.layer import TESTING, Arrays, Backward, Context


class ConvolutionReLU(FusedLayer):
    """max(convolution of x, 0): the rectifier is applied to sums before they are stored."""

    def __init__(self, convolution: Convolution2D) -> None:
        super().__init__(convolution)
        self.geometry = convolution.geometry

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        """Return ``y`` (N, OH, OW, O) of ``x`` (N, H, W, C), float32, and ``backward``; parameters as convolutions."""
        (x,) = inputs
        w = parameters["w"]
        y = x.backend.convolution_2d(x, w, parameters.get("b"), **self.geometry, activation="relu")

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            (dy,) = output_gradients
            backend = dy.backend
            dz = backend.relu_gradient(dy, y)
            if not self.frozen:
                backend.convolution_2d_weight_gradient(x, dz, gradients["w"], gradients.get("b"), **self.geometry)
            if not self.needs_input_gradient:
                return (None,)
            return (backend.convolution_2d_data_gradient(dz, w, x_shape=x.shape, **self.geometry),)

        return (y,), backward
