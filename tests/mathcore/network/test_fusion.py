"""Networks with fused layers compute what the same networks do layer by layer."""

from __future__ import annotations

from typing import Any
from unittest import mock

import numpy as np
import pytest

from mathcore import Network, NetworkError, ShapeError
from mathcore.backends import create
from mathcore.backends.base import Backend
from mathcore.layers import Layer, ReLU
from mathcore.layers.fused import ConvolutionReLU, FusedLayer, NormalizationReLU, NormalizedConvolution, PlusReLU
from mathcore.network.fusion import fused

Definition = list[dict[str, Any]]


def layer(kind: str, name: str, inputs: list[str], **params: object) -> dict[str, Any]:
    return {"type": kind, "name": name, "inputs": inputs, "outputs": [name], "params": params}


def blocks() -> Definition:
    """Return two residual blocks, the second with a convolution in its shortcut, on images of 6 x 5 x 2."""
    return [
        {"type": "blob_data", "name": "d", "inputs": ["batch"], "outputs": ["data", "label"],
         "params": {"data_shape": [6, 5, 2]}},
        layer("convolution_2d", "conv0", ["data"], out_size=3, ksize=3, pad=1),
        layer("relu", "relu0", ["conv0"]),
        layer("convolution_2d", "conv1", ["relu0"], out_size=3, ksize=3, pad=1),
        layer("batch_normalization", "bn1", ["conv1"]),
        layer("relu", "relu1", ["bn1"]),
        layer("convolution_2d", "conv2", ["relu1"], out_size=3, ksize=3, pad=1),
        layer("batch_normalization", "bn2", ["conv2"]),
        layer("plus", "plus2", ["bn2", "relu0"]),
        layer("relu", "relu2", ["plus2"]),
        layer("convolution_2d", "conv3", ["relu2"], out_size=4, ksize=3, stride=2),
        layer("batch_normalization", "bn3", ["conv3"]),
        layer("convolution_2d", "conv4", ["relu2"], out_size=4, ksize=3, stride=2),
        layer("batch_normalization", "bn4", ["conv4"]),
        layer("plus", "plus4", ["bn3", "bn4"]),
        layer("relu", "relu4", ["plus4"]),
        layer("linear", "fc5", ["relu4"], out_size=6),
        layer("linear", "fc6", ["relu4"], out_size=6),
        layer("plus", "plus6", ["fc5", "fc6"]),
        layer("relu", "relu6", ["plus6"]),
        layer("linear", "pred", ["relu6"], out_size=4),
        layer("softmax_cross_entropy", "loss", ["pred", "label"]),
        layer("accuracy", "acc", ["pred", "label"]) | {"phase": ["test"]},
    ]  # fmt: skip


def unfused(definition: Definition) -> Network:
    with mock.patch("mathcore.network.network.fused", tuple):
        return Network(definition)


def run(network: Network, backend: Backend, dtype: str = "float32") -> tuple[np.ndarray, ...]:
    """Return the loss and gradient of a batch, and the loss in phase test."""
    generator = np.random.default_rng(0)
    parameters = backend.asarray(network.initialize(1).astype(dtype))
    data = backend.asarray(generator.standard_normal((3, *network.data_shape)).astype(dtype))
    labels = backend.asarray(generator.integers(0, 4, 3).astype(np.int32))
    gradient = backend.asarray(np.zeros(network.layout.size, dtype))
    loss = network.gradient(parameters, data, labels, gradient)
    return loss.numpy(), gradient.numpy(), np.asarray(network.evaluate(parameters, data, labels).loss)


def kinds(network: Network, phase: str = "train") -> list[type[Layer]]:
    return [type(node.layer) for node in network._run[phase] if isinstance(node.layer, FusedLayer | ReLU)]


def test_every_rectifier_of_residual_blocks_is_fused() -> None:
    expected = [ConvolutionReLU, NormalizedConvolution, NormalizationReLU, NormalizationReLU, PlusReLU]
    network = Network(blocks())
    assert kinds(network) == expected
    assert kinds(network, "test") == expected


def test_loss_gradient_and_evaluation_stay(backend: Backend) -> None:
    found, expected = run(Network(blocks()), backend), run(unfused(blocks()), backend)
    # The rectifier of a convolution may be applied to sums in another order; all else has the same bits.
    for got, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)


def test_fused_normalization_and_sums_have_the_same_bits(backend: Backend) -> None:
    definition = [entry for entry in blocks() if entry["name"] != "relu0"]
    for entry in definition:
        entry["inputs"] = ["conv0" if name == "relu0" else name for name in entry["inputs"]]
    found, expected = run(Network(definition), backend), run(unfused(definition), backend)
    for got, wanted in zip(found, expected, strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_the_gradient_agrees_with_central_differences() -> None:
    network, backend = Network(blocks()), create("numpy")
    generator = np.random.default_rng(2)
    data = backend.asarray(generator.standard_normal((3, 6, 5, 2)))
    labels = backend.asarray(generator.integers(0, 4, 3).astype(np.int32))
    start, learned = network.initialize(1).astype(np.float64), network.layout.learned_size

    def loss_and_gradient(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        gradient = backend.asarray(np.zeros(network.layout.size))
        return network.gradient(backend.asarray(parameters), data, labels, gradient).item(), gradient.numpy()

    gradient = loss_and_gradient(start)[1]
    for _ in range(3):
        direction = np.zeros_like(start)
        for entry in network.layout.entries:
            if entry.offset < learned:
                direction[entry.offset : entry.offset + entry.size] = generator.standard_normal(entry.size)
        ends = [loss_and_gradient(start + step * direction)[0] for step in (1e-6, -1e-6)]
        assert gradient @ direction == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("read", ["conv0", "bn1", "plus2", "bn2"])
def test_a_blob_that_somebody_else_reads_is_made(backend: Backend, read: str) -> None:
    definition = blocks()
    definition[10:10] = [layer("plus", "also", ["relu2", read])]
    definition[11]["inputs"] = ["also"]
    network = Network(definition)
    assert read in {name for node in network._run["train"] for name in node.outputs}
    for got, wanted in zip(run(network, backend), run(unfused(definition), backend), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)


def test_a_subclass_is_left_alone() -> None:
    network = unfused(blocks())
    for node in network._training:
        if node.layer.name == "relu1":
            node.layer.__class__ = type("Own", (ReLU,), {})
    names = [node.layer.name for node in fused(network._run["train"])]
    assert "relu1" in names
    assert "bn1" in names


def test_summary_layout_and_messages_know_the_layers_of_the_definition() -> None:
    network, plain = Network(blocks()), unfused(blocks())
    assert network.summary() == plain.summary()
    assert network.layout.entries == plain.layout.entries
    assert [str(node.layer) for node in network._run["train"] if isinstance(node.layer, FusedLayer)] == [
        'convolution_2d "conv0"', 'batch_normalization "bn1"', 'batch_normalization "bn2"',
        'batch_normalization "bn4"', 'plus "plus6"',
    ]  # fmt: skip
    definition = blocks()
    definition[8]["inputs"] = ["bn2", "data"]
    with pytest.raises(ShapeError, match='plus "plus2": expected inputs of one shape'):
        Network(definition)
    del definition[9]
    with pytest.raises(NetworkError, match='convolution_2d "conv3": input blob "relu2" is written by no layer'):
        Network(definition)


def test_the_first_convolution_skips_its_data_gradient_when_fused() -> None:
    first = Network(blocks())._run["train"][0].layer
    assert isinstance(first, ConvolutionReLU)
    assert not first.needs_input_gradient
