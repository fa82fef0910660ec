"""A network that computes nothing, to measure what is around it: a plugin with the layer ``null_loss``, a definition.

Its parameters are as many as wanted; their gradient is a copy of them. Were it zero, no norm would be typical for the
run, and ``apply`` would read all payloads a second time to measure each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mathcore.array import NDArray
from mathcore.layers import Filler, Layer, ParameterSpec, register_layer
from mathcore.layers.layer import TESTING, Arrays, Backward, Context, Shape


@register_layer("null_loss")
class NullLoss(Layer):
    """A loss () that is 0 whatever comes in. Params: count, the number of parameters."""

    role = "loss"
    input_count = 2

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        self.count = int(params["count"])

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        return ((),)

    def parameter_specs(self) -> dict[str, ParameterSpec]:
        return {"w": ParameterSpec((self.count,), Filler("constant", 1.0))}

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        loss = inputs[0].backend.zeros(())

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[None, None]:
            parameters["w"].backend.copy(parameters["w"], gradients["w"])
            return None, None

        return (loss,), backward


def null_network(count: int) -> list[dict[str, Any]]:
    """Return a definition for MNIST with ``count`` parameters."""
    data = {"data_shape": [28, 28, 1], "file_prefix": "unused", "data_klass": "single"}
    return [
        {"type": "blob_data", "name": "d", "inputs": ["batch"], "outputs": ["data", "label"], "params": data},
        {"type": "flatten", "name": "scores", "inputs": ["data"], "outputs": ["scores"]},
        {"type": "null_loss", "name": "loss", "inputs": ["scores", "label"], "outputs": ["loss"],
         "params": {"count": count}},
        {"type": "accuracy", "name": "accuracy", "inputs": ["scores", "label"], "outputs": ["accuracy"],
         "phase": ["test"]},
    ]  # fmt: skip
