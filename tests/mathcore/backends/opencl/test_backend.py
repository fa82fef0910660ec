"""A whole training step on the device: agrees with NumPy, and gives the same bits on a part of the device."""

from __future__ import annotations

import numpy as np

from mathcore import optimizers
from mathcore.backends.base import Backend
from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.network.network import Network

LENET: list[dict[str, object]] = [
    {"type": "blob_data", "name": "d", "inputs": ["batch"], "outputs": ["data", "label"],
     "params": {"data_shape": [28, 28, 1], "file_prefix": "mnist_train", "data_klass": "single"}},
    {"type": "convolution_2d", "name": "conv1", "inputs": ["data"], "outputs": ["conv1"],
     "params": {"out_size": 20, "stride": 1, "pad": 0, "ksize": 5}},
    {"type": "pooling_2d", "name": "pool1", "inputs": ["conv1"], "outputs": ["pool1"],
     "params": {"stride": 2, "pad": 0, "type": "max", "ksize": 2}},
    {"type": "convolution_2d", "name": "conv2", "inputs": ["pool1"], "outputs": ["conv2"],
     "params": {"out_size": 50, "stride": 1, "pad": 0, "ksize": 5}},
    {"type": "pooling_2d", "name": "pool2", "inputs": ["conv2"], "outputs": ["pool2"],
     "params": {"stride": 2, "pad": 0, "type": "max", "ksize": 2}},
    {"type": "linear", "name": "fc3", "inputs": ["pool2"], "outputs": ["fc3"], "params": {"out_size": 500}},
    {"type": "relu", "name": "relu3", "inputs": ["fc3"], "outputs": ["relu3"], "params": {}},
    {"type": "linear", "name": "fc4", "inputs": ["relu3"], "outputs": ["pred"], "params": {"out_size": 10}},
    {"type": "softmax_cross_entropy", "name": "loss", "inputs": ["pred", "label"], "outputs": ["loss"], "params": {}},
    {"type": "accuracy", "name": "acc", "inputs": ["pred", "label"], "outputs": ["accuracy"], "params": {},
     "phase": ["test"]},
]  # fmt: skip


def train(backend: Backend, *, steps: int, examples: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the parameters and the losses after some steps of LeNet on random images."""
    network = Network(LENET)
    generator = np.random.default_rng(0)
    data = generator.random((examples, 28, 28, 1), np.float32)
    labels = generator.integers(0, 10, examples).astype(np.int32)
    parameters = backend.asarray(network.initialize(1))
    velocity, gradient = backend.zeros(parameters.shape), backend.zeros(parameters.shape)
    losses = []
    optimizer = optimizers.create("momentum", learning_rate=0.01, momentum=0.9, weight_decay=5e-4)
    for step in range(steps):
        losses.append(network.gradient(parameters, backend.asarray(data), backend.asarray(labels), gradient).item())
        optimizer.update(parameters, velocity, gradient, step=step)
    return parameters.numpy(), np.array(losses)


def test_training_agrees_with_numpy(device: OpenCLBackend, reference: NumpyBackend) -> None:
    parameters, losses = train(device, steps=5, examples=33)
    expected, expected_losses = train(reference, steps=5, examples=33)
    # Where two values of a pooling window differ by a rounding error, each backend may pick another one; the gradient
    # of a few weights then differs by about 1e-3, times a learning rate of 0.01, in five steps.
    np.testing.assert_allclose(losses, expected_losses, rtol=1e-5)
    np.testing.assert_allclose(parameters, expected, rtol=0, atol=1e-4)


def test_the_same_steps_twice_give_the_same_bits(device: OpenCLBackend) -> None:
    first, second = (train(device, steps=3, examples=64)[0].tobytes() for _ in range(2))
    assert first == second


def test_a_part_of_the_device_gives_the_bits_of_the_whole(device: OpenCLBackend) -> None:
    divisible = device.queue.kind == "cpu" and device.queue.device.max_compute_units > 1
    part = OpenCLBackend(share=(0, 2)) if divisible else OpenCLBackend()
    assert part.equivalence_class == device.equivalence_class
    whole_bits, part_bits = (train(backend, steps=2, examples=64)[0].tobytes() for backend in (device, part))
    assert whole_bits == part_bits
