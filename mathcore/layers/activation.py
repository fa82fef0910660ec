"""What layers that apply a function to every element share: shapes, and a forward pass with its backward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mathcore.array import NDArray
from mathcore.layers.layer import TESTING, Arrays, Backward, Context, Layer, Shape


class Activation(Layer):
    """Base of element-wise layers on blobs of any shape: a subclass gives ``value`` and ``gradient``."""

    def value(self, x: NDArray) -> NDArray:
        """Return the function of every element."""
        raise NotImplementedError

    def gradient(self, dy: NDArray, x: NDArray, y: NDArray) -> NDArray:
        """Return ``dy`` times the derivative at ``x``, where the value is ``y``."""
        raise NotImplementedError

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        return (inputs[0],)

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        """Return ``y`` of the shape of ``x``, float32, and ``backward``."""
        (x,) = inputs
        y = self.value(x)

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            (dy,) = output_gradients
            return (self.gradient(dy, x, y),)

        return (y,), backward
