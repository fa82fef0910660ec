"""Definitions as Sukiyaki2 writes them, with all its layer types and params, are read unchanged and train."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mathcore import Network, NetworkError
from mathcore.backends import create
from mathcore.layers import training_key

Definition = list[dict[str, Any]]

SIDE, CROP, CLASSES = 20, 15, 5


def layer(kind: str, name: str, inputs: list[str], outputs: list[str], **params: object) -> dict[str, Any]:
    return {"name": name, "type": kind, "params": params, "inputs": inputs, "outputs": outputs}


def in_phase(phase: str, entry: dict[str, Any]) -> dict[str, Any]:
    return {**entry, "phase": [phase]}


@pytest.fixture
def residual() -> Definition:
    """Return a residual network with explicit branches, augmentation by phase, dropout and vectors normalized."""
    data = {"data_shape": [SIDE, SIDE, 3], "data_klass": "uint8"}
    augmentation = {"out_shape": [CROP, CROP], "scale": 0.01, "input_klass": "uint8"}
    convolution = {"stride": 1, "bias": False, "pad": 1, "ksize": 3, "in_size": 8, "out_size": 8}
    return [
        in_phase("train", layer("blob_data", "d_train", ["batch"], ["rawdata", "label"], **data, file_prefix="a/b")),
        in_phase("test", layer("blob_data", "d_test", ["batch"], ["rawdata", "label"], **data, file_prefix="a/c")),
        in_phase("train", layer("data_augmentation", "aug_train", ["rawdata"], ["data"], **augmentation,
                                random_crop=True, random_flip=True)),
        in_phase("test", layer("data_augmentation", "aug_test", ["rawdata"], ["data"], **augmentation,
                               random_crop=False, random_flip=False)),
        layer("convolution_2d", "conv1", ["data"], ["conv1"], **{**convolution, "in_size": 3, "bias": True}),
        layer("batch_normalization", "bn1", ["conv1"], ["bn1"], in_size=8, target_dim=3),
        layer("relu", "relu1", ["bn1"], ["relu1"]),
        layer("pooling_2d", "pool1", ["relu1"], ["pool1"], stride=2, pad=0, type="max", ksize=2),
        layer("branch", "branch2", ["pool1"], ["branch2_1", "branch2_2"], n_output=2),
        layer("convolution_2d", "res2a", ["branch2_2"], ["res2a"], **convolution),
        layer("batch_normalization", "bn2a", ["res2a"], ["bn2a"], in_size=8, target_dim=3, eps=1e-4),
        layer("relu", "relu2a", ["bn2a"], ["relu2a"]),
        layer("convolution_2d", "res2b", ["relu2a"], ["res2b"], **convolution, group=2),
        layer("plus", "res2", ["branch2_1", "res2b"], ["res2"], n_input=2),
        layer("relu", "relu2", ["res2"], ["relu2"]),
        layer("pooling_2d", "pool2", ["relu2"], ["pool2"], stride=1, pad=0, type="average", ksize=8),
        layer("linear", "fc3", ["pool2"], ["fc3"], out_size=16, in_shape=[1, 1, 8]),
        layer("batch_normalization", "bn3", ["fc3"], ["bn3"], in_size=16, target_dim=1),
        layer("relu", "relu3", ["bn3"], ["relu3"]),
        layer("dropout", "drop3", ["relu3"], ["drop3"], dropout_ratio=0.5),
        layer("linear", "fc4", ["drop3"], ["fc4"], out_size=CLASSES, in_size=16, bias=False),
        layer("softmax_cross_entropy", "loss", ["fc4", "label"], ["loss"]),
        in_phase("test", layer("accuracy", "accuracy", ["fc4", "label"], ["accuracy"])),
    ]  # fmt: skip


@pytest.mark.parametrize("backend_name", ["numpy", "opencl"])
def test_a_definition_of_all_layer_types_trains(residual: Definition, backend_name: str) -> None:
    # Given images whose mean tells the class
    network, backend = Network(residual), create(backend_name)
    generator = np.random.default_rng(0)
    classes = np.arange(40) % CLASSES
    images = generator.integers(0, 50, (40, SIDE, SIDE, 3)) + 50 * classes[:, None, None, None]
    data, labels = backend.asarray(images.astype(np.float32)), backend.asarray(classes.astype(np.int32))
    parameters, learned = network.initialize(1), network.layout.learned_size
    before = network.evaluate(backend.asarray(parameters), data, labels)
    # When it trains with random crops, mirror images and dropout
    gradient = backend.zeros((network.layout.size,))
    for step in range(30):
        key = backend.asarray(training_key(1, step, 0))
        network.gradient(backend.asarray(parameters), data, labels, gradient, key=key)
        found = gradient.numpy()
        parameters = np.concatenate([parameters[:learned] - np.float32(0.1) * found[:learned], found[learned:]])
    # Then it tells the classes apart
    after = network.evaluate(backend.asarray(parameters), data, labels)
    assert after.loss < before.loss / 2
    assert after.correct > before.correct


def test_the_data_layer_keeps_the_shape_of_the_raw_images(residual: Definition) -> None:
    network = Network(residual)
    assert network.data_shape == (SIDE, SIDE, 3)
    shapes = {row.name: row.output_shape for row in network.summary()}
    assert shapes["aug_train"] == shapes["aug_test"] == (CROP, CROP, 3)
    # 15 rows in windows of two: Sukiyaki2 counts the last, partial one.
    assert shapes["pool1"] == (8, 8, 8)


def test_augmentations_of_different_sizes_are_refused(residual: Definition) -> None:
    residual[3]["params"]["out_shape"] = [16, 16]
    with pytest.raises(NetworkError, match='convolution_2d "conv1": expected the same input in both phases, got'):
        Network(residual)


def test_a_missing_branch_is_named(residual: Definition) -> None:
    residual[8]["outputs"] = ["branch2_2"]
    with pytest.raises(NetworkError, match='branch "branch2": expected 2 outputs as n_output says, got 1'):
        Network(residual)
