"""A recorded step gives the bits of ``Network.gradient``, whatever the batches, their sizes and their keys."""

from __future__ import annotations

import gc
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from mathcore.array import NDArray
from mathcore.backends.base import Backend
from mathcore.errors import ShapeError
from mathcore.layers import Layer
from mathcore.layers.layer import TESTING, Arrays, Backward, Context, Shape, training_key
from mathcore.layers.registry import register_layer
from mathcore.network import Network
from mathcore.network.training_step import MOST_RECORDINGS, TrainingStep
from tests.mathcore.network.conftest import Definition


@register_layer("test_draw")
class Draw(Layer):
    """y = x * (1 + step): a layer that follows the key, on the device."""

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        return (inputs[0],)

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        (x,) = inputs
        y = x if context.key is None else x * (1 + context.key[2].astype(np.float32))

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            (dy,) = output_gradients
            return (dy if context.key is None else dy * (1 + context.key[2].astype(np.float32)),)

        return (y,), backward


@register_layer("test_sum")
class Sum(Draw):
    """y = a + b."""

    input_count = 2

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        a, b = inputs
        return (a + b,), lambda dy, gradients: (dy[0], dy[0])


@register_layer("test_read")
class Read(Draw):
    """y = x, after a look at it on the host."""

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        (x,) = inputs
        assert np.isfinite(x.numpy()).all()
        return (x,), lambda dy, gradients: (dy[0],)


def batch(network: Network, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels."""
    generator = np.random.default_rng(seed)
    images = generator.standard_normal((count, *network.data_shape)).astype(np.float32)
    return images, generator.integers(0, network.classes, count).astype(np.int32)


@pytest.fixture
def branched() -> Definition:
    """Return a network in which two layers read one blob; their gradients meet again."""
    def layer(kind: str, name: str, inputs: list[str], params: dict[str, Any]) -> dict[str, Any]:
        return {"type": kind, "name": name, "inputs": inputs, "outputs": [name], "params": params}

    return [
        {"type": "blob_data", "name": "d", "inputs": ["batch"], "outputs": ["data", "label"],
         "params": {"data_shape": [6, 6, 2]}},
        layer("convolution_2d", "conv", ["data"], {"out_size": 5, "ksize": 3, "pad": 1}),
        layer("relu", "relu", ["conv"], {}),
        layer("test_draw", "draw", ["relu"], {}),
        layer("test_sum", "sum", ["relu", "draw"], {}),
        layer("linear", "pred", ["sum"], {"out_size": 4}),
        layer("softmax_cross_entropy", "loss", ["pred", "label"], {}),
        layer("accuracy", "accuracy", ["pred", "label"], {}) | {"phase": ["test"]},
    ]  # fmt: skip


class Pair:
    """A step and what it is compared with."""

    def __init__(self, definition: Any, backend: Backend) -> None:
        self.network = Network(definition)
        size = self.network.layout.size
        self.backend = backend
        self.parameters = backend.asarray(self.network.initialize(1))
        self.gradients = backend.zeros((size,)), backend.zeros((size,))
        self.step = TrainingStep(self.network, backend, self.parameters, self.gradients[0])

    def check(self, count: int, seed: int, key: np.ndarray | None = None) -> None:
        """Assert that both give the same bits, then change the parameters."""
        images, labels = batch(self.network, count, seed)
        arrays = self.backend.asarray(images), self.backend.asarray(labels)
        on_device = None if key is None else self.backend.asarray(key)
        loss = self.step.run(images, labels, key).item()
        expected = self.network.gradient(self.parameters, *arrays, self.gradients[1], key=on_device)
        assert loss == expected.item()
        np.testing.assert_array_equal(self.gradients[0].numpy(), self.gradients[1].numpy())
        self.backend.accumulate(self.parameters, self.gradients[0], -0.001)


def test_lenet_in_batches_of_changing_size(lenet: Definition, backend: Backend) -> None:
    pair = Pair(lenet, backend)
    for seed, count in enumerate([5, 5, 3, 5, 1, 3, 2, 5, 5]):  # more sizes than are remembered
        pair.check(count, seed)
    assert len(pair.step.recordings) == MOST_RECORDINGS


def test_a_network_with_a_branch_and_a_layer_that_follows_the_key(branched: Definition, backend: Backend) -> None:
    pair = Pair(branched, backend)
    for step in range(4):
        pair.check(3, step, training_key(7, step, 0))
    pair.check(3, 4)  # without a key nothing is drawn


def test_a_step_on_a_device_is_recorded(lenet: Definition, backend: Backend) -> None:
    pair = Pair(lenet, backend)
    pair.check(2, 0)
    [recording] = pair.step.recordings
    assert (recording.reason is None) == (recording.planned_bytes > 0) == (backend.name == "opencl")


def test_a_layer_that_reads_its_input_is_called_in_every_step(branched: Definition, backend: Backend) -> None:
    branched[3]["type"] = "test_read"
    pair = Pair(branched, backend)
    for step in range(4):
        pair.check(3, step)
    [recording] = pair.step.recordings
    assert recording.reason is not None


def test_a_batch_that_does_not_fit_is_refused_and_the_next_one_works(lenet: Definition, backend: Backend) -> None:
    pair = Pair(lenet, backend)
    images, labels = batch(pair.network, 3, 0)
    with pytest.raises(ShapeError, match="expected labels of shape"):
        pair.step.run(images, labels[:2])
    pair.check(3, 0)


def test_the_memory_of_steps_is_freed_with_them(lenet: Definition, backend: Backend) -> None:
    pair = Pair(lenet, backend)
    gc.collect()
    before = backend.memory_info()
    pair.check(2, 0)
    pair.check(2, 1)
    pair.step = TrainingStep(pair.network, backend, pair.parameters, pair.gradients[0])
    gc.collect()
    assert backend.memory_info()[:2] == before[:2]
