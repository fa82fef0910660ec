"""A first convolution and maxima of its outputs."""

from __future__ import annotations

from collections.abc import Mapping

from mathcore.array import NDArray
from mathcore.layers.convolution_2d import Convolution2D
from mathcore.layers.fused.fused_layer import FusedLayer
from mathcore.layers.layer import TESTING, Arrays, Backward, Context
from mathcore.layers.pooling_2d import Pooling2D


def can_follow(convolution: Convolution2D, pooling: Pooling2D) -> bool:
    """Whether both can be done in one go: whole windows of 2 x 2, and nobody asks for the gradient of the images."""
    windows = pooling.kind == "max" and pooling.ksize == pooling.stride == (2, 2) and pooling.pad == (0, 0)
    whole = 4 * pooling.count[0] * pooling.count[1] == convolution.positions
    plain = convolution.dilation == (1, 1) and convolution.groups == 1 and not convolution.needs_input_gradient
    return windows and whole and plain


class ConvolutionMaxPooling(FusedLayer):
    """The maxima of 2 x 2 windows of a convolution, whose own outputs are not stored."""

    def __init__(self, convolution: Convolution2D) -> None:
        super().__init__(convolution)
        self.stride = convolution.stride
        self.pad = convolution.pad

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        """Return ``y`` (N, OH / 2, OW / 2, O) of ``x`` (N, H, W, C), float32, and ``backward``, which gives no dx."""
        (x,) = inputs
        stride, pad = self.stride, self.pad
        y, positions = x.backend.convolution_max_pooling_2d(
            x, parameters["w"], parameters.get("b"), stride=stride, pad=pad
        )

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            (dy,) = output_gradients
            if not self.frozen:
                dy.backend.convolution_max_pooling_2d_weight_gradient(
                    x, dy, positions, gradients["w"], gradients.get("b"), stride=stride, pad=pad
                )
            return (None,)

        return (y,), backward
