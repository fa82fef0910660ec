"""Dropout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mathcore.array import NDArray
from mathcore.layers.layer import TESTING, Arrays, Backward, Context, Layer, Shape
from mathcore.layers.registry import register_layer
from mathcore.layers.settings import Settings
from mathcore.random.layer_stream import layer_stream

PARAMS = ("dropout_ratio",)


@register_layer("dropout")
class Dropout(Layer):
    """In training, random elements become 0 and the others x / (1 - ratio); in phase "test" and without key: x itself.

    Params: ``dropout_ratio`` (default 0.5), the probability that an element becomes 0.

    What is dropped follows from the seed, the step, the example's place in the batch and the layer's name, as
    ``mathcore/random/layer_stream.py`` says. ``backward`` draws it again; no mask is stored.
    """

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        settings = Settings(str(self), params, known=PARAMS)
        self.ratio = settings.number("dropout_ratio", minimum=0, maximum=0.999, default=0.5)
        self.stream = layer_stream(name)

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        return (inputs[0],)

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        """Return ``y`` of the shape of ``x`` (N, ...) float32, and ``backward``.

        Source:
            Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting (2014).
        """
        (x,) = inputs
        key = context.key
        if context.phase != "train" or key is None or self.ratio == 0:
            return (x,), _unchanged
        y = x.backend.dropout(x, key, ratio=self.ratio, stream=self.stream)

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            (dy,) = output_gradients
            return (dy.backend.dropout(dy, key, ratio=self.ratio, stream=self.stream),)

        return (y,), backward


def _unchanged(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
    return output_gradients
