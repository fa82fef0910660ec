"""Layers for tests of the runtime: one that keeps a running statistic, one that shows the keys it was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from mathcore.array import NDArray
from mathcore.layers import Context, Layer, ParameterSpec, register_layer
from mathcore.layers.layer import TESTING, Arrays, Backward, Shape

KEPT = 0.5


@register_layer("test_centring")
class Centring(Layer):
    """y = x - mean for rows (I,), where the running mean moves half of the way to that of each shard."""

    size = 0

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        (self.size,) = inputs[0]
        return (inputs[0],)

    def parameter_specs(self) -> dict[str, ParameterSpec]:
        return {"mean": ParameterSpec((self.size,), running=True)}

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        (x,) = inputs
        mean = parameters["mean"]

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            x.backend.copy(KEPT * mean + (1 - KEPT) * x.mean(axis=0), gradients["mean"])
            return (output_gradients[0],)

        return (x - mean,), backward


@register_layer("test_key_probe")
class KeyProbe(Layer):
    """y = x. Keeps phase, key and number of examples of every forward pass in ``seen``."""

    seen: ClassVar[list[tuple[str, list[int] | None, int]]] = []

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        self.seen.clear()

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        return (inputs[0],)

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        self.seen.append((context.phase, None if context.key is None else context.key.tolist(), len(inputs[0])))
        return inputs, lambda output_gradients, gradients: output_gradients


def network(*middle: str) -> list[dict[str, Any]]:
    """Return a network for MNIST with the layers of these types between two linear ones."""
    blobs = ["hidden", *(f"middle{place}" for place in range(len(middle)))]
    layers: list[dict[str, Any]] = [
        {"name": "data", "type": "blob_data", "inputs": ["batch"], "outputs": ["data", "label"],
         "params": {"data_shape": [28, 28, 1]}},
        {"name": "pool", "type": "pooling_2d", "inputs": ["data"], "outputs": ["small"],
         "params": {"type": "average", "ksize": 7, "stride": 7}},
        {"name": "fc1", "type": "linear", "inputs": ["small"], "outputs": ["hidden"], "params": {"out_size": 8}},
    ]  # fmt: skip
    layers += [
        {"name": f"middle{place}", "type": kind, "inputs": [blobs[place]], "outputs": [blobs[place + 1]]}
        for place, kind in enumerate(middle)
    ]
    return [
        *layers,
        {"name": "fc2", "type": "linear", "inputs": [blobs[-1]], "outputs": ["pred"], "params": {"out_size": 10}},
        {"name": "loss", "type": "softmax_cross_entropy", "inputs": ["pred", "label"], "outputs": ["loss"]},
        {"name": "accuracy", "type": "accuracy", "inputs": ["pred", "label"], "outputs": ["accuracy"],
         "phase": ["test"]},
    ]  # fmt: skip
