"""Batch normalization, the rectifier, and the convolution that reads it."""

from __future__ import annotations

from collections.abc import Mapping

from mathcore.array import NDArray
from mathcore.layers.batch_normalization import BatchNormalization
from mathcore.layers.convolution_2d import Convolution2D
from mathcore.layers.fused.fused_layer import FusedLayer
from mathcore.layers.layer import TESTING, Arrays, Backward, Context


class NormalizedConvolution(FusedLayer):
    """Convolution of max(normalized x, 0), which is not kept but computed again on the way back.

    One more pass over x for a sixth of the activations of a deep residual network. The same bits as the layers one by
    one.
    """

    def __init__(self, normalization: BatchNormalization, convolution: Convolution2D) -> None:
        super().__init__(normalization)
        self.normalization = normalization
        self.geometry = convolution.geometry

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        """Return ``z`` (N, OH, OW, O) of ``x`` (N, H, W, C), float32, and ``backward``; the parameters of both."""
        (x,) = inputs
        normalization, w = self.normalization, parameters["w"]
        statistics = normalization.observe(parameters, x, context=context)
        y = normalization.normalize(parameters, x, statistics, activation="relu")
        z = x.backend.convolution_2d(y, w, parameters.get("b"), **self.geometry)

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            (dz,) = output_gradients
            backend = dz.backend
            y = normalization.normalize(parameters, x, statistics, activation="relu")
            if not self.frozen:
                backend.convolution_2d_weight_gradient(y, dz, gradients["w"], gradients.get("b"), **self.geometry)
            del y
            dy = backend.convolution_2d_data_gradient(dz, w, x_shape=x.shape, **self.geometry)
            dx, _ = normalization.differentiate(dy, parameters, x, statistics, gradients, activation="relu")
            return (dx,)

        return (z,), backward
