"""Dropout and augmentation in a network: shards, micro-batches and backends do not change what is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mathcore import Network
from mathcore.backends.base import Backend
from mathcore.layers import training_key

DEFINITION: list[dict[str, Any]] = [
    {"type": "blob_data", "name": "d", "inputs": ["batch"], "outputs": ["data", "label"],
     "params": {"data_shape": [9, 8, 3], "data_klass": "uint8"}},
    {"type": "data_augmentation", "name": "augment", "inputs": ["data"], "outputs": ["x"],
     "params": {"out_shape": [6, 6], "random_crop": True, "random_flip": True, "scale": 0.01, "mean": [90, 100, 110],
                "input_klass": "uint8"}},
    {"type": "convolution_2d", "name": "conv", "inputs": ["x"], "outputs": ["conv"],
     "params": {"out_size": 4, "ksize": 3, "weight_filler": {"type": "msra"}}},
    {"type": "leaky_relu", "name": "leaky", "inputs": ["conv"], "outputs": ["leaky"]},
    {"type": "lrn", "name": "norm", "inputs": ["leaky"], "outputs": ["norm"], "params": {"alpha": 0.1}},
    {"type": "dropout", "name": "drop", "inputs": ["norm"], "outputs": ["drop"], "params": {"dropout_ratio": 0.5}},
    {"type": "linear", "name": "fc", "inputs": ["drop"], "outputs": ["pred"], "params": {"out_size": 5}},
    {"type": "softmax_cross_entropy", "name": "loss", "inputs": ["pred", "label"], "outputs": ["loss"],
     "params": {"label_smoothing": 0.1}},
    {"type": "accuracy", "name": "acc", "inputs": ["pred", "label"], "outputs": ["acc"], "phase": ["test"],
     "params": {"top_k": 2}},
]  # fmt: skip
EXAMPLES = 6


def gradient(backend: Backend, part: slice, *, step: int = 4, seed: int = 1) -> np.ndarray:
    """Return the gradient of some examples of the batch."""
    network, generator = Network(DEFINITION), np.random.default_rng(0)
    images = generator.integers(0, 256, (EXAMPLES, 9, 8, 3)).astype(np.uint8)[part]
    labels = generator.integers(0, 5, EXAMPLES).astype(np.int32)[part]
    result = backend.zeros((network.layout.size,))
    key = backend.asarray(training_key(seed, step, part.start))
    arrays = (backend.asarray(network.initialize(seed=1)), backend.asarray(images), backend.asarray(labels))
    network.gradient(*arrays, result, key=key)
    return result.numpy()


def test_shards_add_up_to_the_whole_batch(backend: Backend) -> None:
    whole = gradient(backend, slice(0, EXAMPLES))
    shards = (4 * gradient(backend, slice(0, 4)) + 2 * gradient(backend, slice(4, EXAMPLES))) / EXAMPLES
    np.testing.assert_allclose(shards, whole, rtol=0, atol=1e-5 * np.abs(whole).max())


def test_a_step_is_drawn_again_and_another_anew(backend: Backend) -> None:
    first = gradient(backend, slice(0, EXAMPLES))
    assert gradient(backend, slice(0, EXAMPLES)).tobytes() == first.tobytes()
    assert gradient(backend, slice(0, EXAMPLES), step=5).tobytes() != first.tobytes()
    assert gradient(backend, slice(0, EXAMPLES), seed=2**40 + 1).tobytes() != first.tobytes()


def test_the_backends_draw_alike(_numpy: Backend, _opencl: Backend) -> None:  # noqa: PT019  # used as values
    expected, actual = (gradient(backend, slice(0, EXAMPLES)) for backend in (_numpy, _opencl))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("examples", [1, 3])
def test_testing_draws_nothing(backend: Backend, examples: int) -> None:
    network, generator = Network(DEFINITION), np.random.default_rng(0)
    images = backend.asarray(generator.integers(0, 256, (examples, 9, 8, 3)).astype(np.uint8))
    labels = backend.asarray(np.zeros(examples, np.int32))
    parameters = backend.asarray(network.initialize(seed=1))
    first, second = (network.evaluate(parameters, images, labels) for _ in range(2))
    assert first == second
    assert np.isfinite(first.loss)
