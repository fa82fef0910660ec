"""One blob under several names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mathcore.array import NDArray
from mathcore.layers.layer import TESTING, Arrays, Backward, Context, Layer, Shape
from mathcore.layers.registry import register_layer
from mathcore.layers.settings import Settings


@register_layer("branch")
class Branch(Layer):
    """Its input under ``n_output`` names, without a copy; the gradients of all are added up.

    A blob may also be read by several layers without this one. Params: ``n_output``.
    """

    output_count = None
    output_count_param = "n_output"

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        settings = Settings(str(self), params, known=("n_output",))
        self.n_output = settings.integer("n_output", minimum=1, maximum=64)

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        return (inputs[0],) * self.n_output

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        """Return ``x`` as often as there are outputs, and ``backward``, which adds their gradients in order."""
        return inputs * self.n_output, _add_up


def _add_up(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
    return (output_gradients[0].backend.plus(output_gradients),)
