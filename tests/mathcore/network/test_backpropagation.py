"""Running a network forward and back: sums of gradients in shared memory, and memory that is given back early."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from mathcore import NDArray, Network
from mathcore.backends import create
from mathcore.backends.base import Backend
from mathcore.layers import Layer, register_layer
from mathcore.layers.layer import TESTING, Arrays, Backward, Context, Shape

LIVING: list[int] = []


@register_layer("test_copy")
class Copy(Layer):
    """Copies x, keeps nothing, and notes how many buffers live."""

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        return (inputs[0],)

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            LIVING.append(output_gradients[0].backend.memory_info().live_buffers)
            return (output_gradients[0] * 1.0,)

        LIVING.append(inputs[0].backend.memory_info().live_buffers)
        return (inputs[0] * 1.0,), backward


@pytest.fixture
def device(_opencl: Backend) -> Backend:
    """Return the backend that knows which memory is in use."""
    return _opencl


def layer(kind: str, name: str, inputs: list[str], outputs: list[str] | None = None, **params: Any) -> dict[str, Any]:
    return {"type": kind, "name": name, "inputs": inputs, "outputs": outputs or [name], "params": params}


def around(layers: list[dict[str, Any]], *, last: str) -> Network:
    """Return a network of some layers between a linear one, of output "x" (4,), and the loss."""
    return Network([
        layer("blob_data", "examples", ["batch"], ["data", "label"], data_shape=[3]),
        layer("linear", "x", ["data"], out_size=4),
        *layers,
        layer("linear", "pred", [last], out_size=3),
        layer("softmax_cross_entropy", "loss", ["pred", "label"]),
        layer("accuracy", "acc", ["pred", "label"]) | {"phase": ["test"]},
    ])  # fmt: skip


def loss_and_gradient(network: Network, backend: Backend, parameters: np.ndarray) -> tuple[float, np.ndarray]:
    generator = np.random.default_rng(0)
    data = backend.asarray(generator.standard_normal((5, 3)).astype(parameters.dtype))
    labels = backend.asarray(generator.integers(0, 3, 5).astype(np.int32))
    gradient = backend.asarray(np.zeros_like(parameters))
    return network.gradient(backend.asarray(parameters), data, labels, gradient).item(), gradient.numpy()


SHARED = {
    "sums of sums": [
        layer("plus", "a", ["x", "x"]),
        layer("plus", "b", ["a", "x"]),
        layer("plus", "last", ["a", "b", "x", "b"]),
    ],
    "branches": [
        layer("branch", "branch", ["x"], ["a", "b", "c"], n_output=3),
        layer("plus", "ab", ["a", "b"]),
        layer("linear", "d", ["c"], out_size=4),
        layer("plus", "last", ["ab", "d", "x"]),
    ],
    "views": [
        layer("flatten", "a", ["x"]),
        layer("flatten", "b", ["a"]),
        layer("plus", "c", ["a", "b"]),
        layer("linear", "d", ["a"], out_size=4),
        layer("plus", "last", ["c", "d", "a"]),
    ],
    "gradients of one layer in one memory": [
        layer("linear", "a", ["x"], out_size=4),
        layer("linear", "b", ["a"], out_size=4),
        layer("plus", "c", ["a", "b"]),
        layer("linear", "e", ["b"], out_size=4),
        layer("plus", "last", ["c", "e"]),
    ],
}


@pytest.mark.parametrize("name", SHARED)
def test_gradients_in_shared_memory_are_summed_right(name: str) -> None:
    network, backend, generator = around(SHARED[name], last="last"), create("numpy"), np.random.default_rng(1)
    parameters = network.initialize(1).astype(np.float64)
    gradient = loss_and_gradient(network, backend, parameters)[1]
    for _ in range(3):
        direction = np.zeros_like(parameters)
        for entry in network.layout.entries:
            direction[entry.offset : entry.offset + entry.size] = generator.standard_normal(entry.size)
        ends = [loss_and_gradient(network, backend, parameters + step * direction)[0] for step in (1e-6, -1e-6)]
        assert gradient @ direction == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("name", SHARED)
def test_both_backends_agree_on_them(device: Backend, name: str) -> None:
    network = around(SHARED[name], last="last")
    parameters = network.initialize(1)
    found = loss_and_gradient(network, device, parameters)[1]
    np.testing.assert_allclose(found, loss_and_gradient(network, create("numpy"), parameters)[1], rtol=1e-4, atol=1e-6)


def test_memory_does_not_grow_with_layers_that_keep_nothing(device: Backend) -> None:
    names = ["x", *(f"copy{i}" for i in range(20))]
    network = around([layer("test_copy", name, [before]) for before, name in pairwise(names)], last=names[-1])
    LIVING.clear()
    loss_and_gradient(network, device, network.initialize(1))
    forward, backward = LIVING[:20], LIVING[20:]
    assert len(backward) == 20
    assert max(forward) == min(forward)
    assert max(backward) == min(backward)


def test_testing_keeps_nothing_for_a_way_back(device: Backend) -> None:
    layers, blob = [], "x"
    for place in range(5):
        layers.append(layer("test_copy", f"copy{place}", [blob]))
        layers.append(layer("linear", f"fc{place}", [f"copy{place}"], out_size=4))
        blob = f"fc{place}"
    network = around(layers, last=blob)
    LIVING.clear()
    data, labels = device.zeros((2, 3)), device.zeros((2,), np.int32)
    network.evaluate(device.asarray(network.initialize(1)), data, labels)
    assert len(set(LIVING)) == 1
