"""The sum of blobs and the rectifier."""

from __future__ import annotations

from collections.abc import Mapping

from mathcore.array import NDArray
from mathcore.layers.fused.fused_layer import FusedLayer
from mathcore.layers.layer import TESTING, Arrays, Backward, Context


class PlusReLU(FusedLayer):
    """max(sum of the inputs, 0) in one pass. The same bits as the layers one by one."""

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        """Return ``y`` of ``inputs``, float32 of one shape, and ``backward``: the same gradient for each."""
        count = len(inputs)
        y = inputs[0].backend.plus(inputs, activation="relu")

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            (dy,) = output_gradients
            return (dy.backend.relu_gradient(dy, y),) * count

        return (y,), backward
