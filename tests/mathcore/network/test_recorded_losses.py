"""Ten training losses of a small VGG and a small ResNet, as PyTorch computes them in float64.

``recorded/record.py`` has recorded them. The update is written out here: what is compared is the network.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grid.networks.resnet import small_resnet
from mathcore import Network
from mathcore.backends import create
from mathcore.backends.base import Backend
from tests.mathcore.network.recorded.formula import CLASSES, MOMENTUM, STEPS, batch, initial

RECORD: dict[str, Any] = json.loads((Path(__file__).parent / "recorded" / "losses.json").read_text(encoding="utf-8"))

# float64 differs by the order of sums alone. In float32 ten steps come within 1e-5, unless a rectifier lies so near 0
# that it opens on one device only; batch normalization enlarges such a case from step to step, the more the fewer
# examples there are: with 64, parameters changed by 3e-6 have been seen to add up to 5e-5, with 8 to 5e-3.
TOLERANCES = {"numpy": 1e-9, "opencl": 2e-4}


def small_vgg() -> list[dict[str, Any]]:
    def layer(kind: str, name: str, source: str, **params: object) -> dict[str, Any]:
        return {"type": kind, "name": name, "inputs": [source], "outputs": [name], "params": params}

    return [
        {"type": "blob_data", "name": "d", "inputs": ["batch"], "outputs": ["data", "label"],
         "params": {"data_shape": [32, 32, 3]}},
        layer("convolution_2d", "conv1", "data", out_size=16, ksize=3, pad=1),
        layer("relu", "relu1", "conv1"),
        layer("pooling_2d", "pool1", "relu1", type="max", ksize=2, stride=2),
        layer("convolution_2d", "conv2", "pool1", out_size=32, ksize=3, pad=1),
        layer("relu", "relu2", "conv2"),
        layer("pooling_2d", "pool2", "relu2", type="max", ksize=2, stride=2),
        layer("linear", "fc3", "pool2", out_size=64),
        layer("relu", "relu3", "fc3"),
        layer("linear", "fc4", "relu3", out_size=CLASSES),
        {"type": "softmax_cross_entropy", "name": "loss", "inputs": ["fc4", "label"], "outputs": ["loss"]},
        {"type": "accuracy", "name": "acc", "inputs": ["fc4", "label"], "outputs": ["acc"], "phase": ["test"]},
    ]  # fmt: skip


DEFINITIONS = {
    "vgg": small_vgg(),
    "resnet": small_resnet(20, data_shape=(16, 16, 3), classes=CLASSES, widths=(8, 16, 32)),
}


def train(network: Network, record: dict[str, Any], backend: Backend, dtype: type[Any]) -> tuple[list[float], Any]:
    """Return ten losses, each before its update, and the parameters after them."""
    learned = network.layout.learned_size
    parameters, velocity = np.zeros(network.layout.size, dtype), np.zeros(learned, dtype)
    for entry in network.layout.entries:
        parameters[entry.offset : entry.offset + entry.size] = initial(entry.name, entry.shape).reshape(-1)
    gradient = backend.asarray(np.zeros_like(parameters))
    losses = []
    for step in range(STEPS):
        images, labels = batch(step, record["examples"], network.data_shape)
        data = backend.asarray(images.astype(dtype))
        loss = network.gradient(backend.asarray(parameters), data, backend.asarray(labels), gradient)
        losses.append(float(loss.item()))
        found = gradient.numpy()
        decayed = found[:learned] + dtype(record["decay"]) * parameters[:learned]
        velocity = dtype(MOMENTUM) * velocity - dtype(record["learning_rate"]) * decayed
        parameters = np.concatenate([parameters[:learned] + velocity, found[learned:]])
    return losses, parameters


@pytest.mark.parametrize(("backend", "dtype"), [("numpy", np.float64), ("opencl", np.float32)])
@pytest.mark.parametrize("name", DEFINITIONS)
def test_ten_losses_are_those_of_pytorch(name: str, backend: str, dtype: type[Any]) -> None:
    network, record = Network(DEFINITIONS[name]), RECORD[name]
    losses, parameters = train(network, record, create(backend), dtype)
    np.testing.assert_allclose(losses, record["losses"], rtol=TOLERANCES[backend])
    sums = {
        entry.name: parameters[entry.offset : entry.offset + entry.size].sum()
        for entry in network.layout.entries
        if entry.spec.running
    }
    assert sums.keys() == record["statistics"].keys()
    for key, value in sums.items():
        assert value == pytest.approx(record["statistics"][key], rel=10 * TOLERANCES[backend], abs=TOLERANCES[backend])
