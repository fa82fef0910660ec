"""The sum of blobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mathcore.array import NDArray
from mathcore.errors import ShapeError
from mathcore.layers.layer import TESTING, Arrays, Backward, Context, Layer, Shape
from mathcore.layers.registry import register_layer
from mathcore.layers.settings import Settings
from mathcore.layers.shapes import with_examples


@register_layer("plus")
class Plus(Layer):
    """The sum of blobs of one shape, element by element, from the first to the last.

    Params: ``n_input`` (optional, checked against the inputs listed).
    """

    input_count = None
    input_count_param = "n_input"

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        Settings(str(self), params, known=("n_input",)).optional_integer("n_input", minimum=1)

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        for x in inputs:
            if x != inputs[0]:
                raise ShapeError(
                    f"{self}: expected inputs of one shape, got {with_examples(inputs[0])} and {with_examples(x)}; "
                    "make the layers before it alike"
                )
        return (inputs[0],)

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        """Return the sum of ``inputs``, float32 of one shape, and ``backward``: the same gradient for each."""
        count = len(inputs)

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            return output_gradients * count

        return (inputs[0].backend.plus(inputs),), backward
