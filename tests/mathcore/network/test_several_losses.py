"""Networks with several losses and accuracies, and their weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mathcore import Network, NetworkError
from mathcore.backends import create

BACKEND = create("numpy")

Definition = list[dict[str, Any]]


def layer(kind: str, name: str, inputs: list[str], outputs: list[str], **params: object) -> dict[str, Any]:
    return {"type": kind, "name": name, "inputs": inputs, "outputs": outputs, "params": params}


@pytest.fixture
def aside(small: Definition) -> Definition:
    """Return the small network with a second classifier on its pooled images, of weight 0.25, in both phases."""
    return [
        *small,
        layer("linear", "fc3", ["pool"], ["pred2"], out_size=6),
        {**layer("softmax_cross_entropy", "loss2", ["pred2", "label"], ["loss2"]), "loss_weight": 0.25},
        {**layer("accuracy", "acc2", ["pred2", "label"], ["accuracy2"]), "phase": ["test"]},
    ]


def examples(network: Network, count: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(3)
    data = generator.standard_normal((count, *network.data_shape))
    return data, generator.integers(0, 4, count).astype(np.int32)


def loss_and_gradient(network: Network, parameters: np.ndarray) -> tuple[float, np.ndarray]:
    data, labels = (BACKEND.asarray(part) for part in examples(network, 6))
    gradient = BACKEND.asarray(np.zeros_like(parameters))
    loss = network.gradient(BACKEND.asarray(parameters), data, labels, gradient)
    assert loss.numpy().shape == ()
    return float(loss.item()), gradient.numpy()


def test_the_total_is_the_weighted_sum_and_its_gradient_agrees_with_central_differences(aside: Definition) -> None:
    network = Network(aside)
    generator = np.random.default_rng(0)
    parameters, direction = np.zeros(network.layout.size), np.zeros(network.layout.size)
    for entry in network.layout.entries:
        place = slice(entry.offset, entry.offset + entry.size)
        parameters[place], direction[place] = generator.standard_normal((2, entry.size)) / 3
    gradient = loss_and_gradient(network, parameters)[1]
    losses = [loss_and_gradient(network, parameters + step * direction)[0] for step in (1e-6, -1e-6)]
    # See the tolerance of the layers' gradient check.
    assert gradient @ direction == pytest.approx((losses[0] - losses[1]) / 2e-6, rel=1e-6, abs=1e-8)


def test_an_evaluation_tells_the_total_and_every_part_by_name(aside: Definition) -> None:
    network = Network(aside)
    data, labels = (BACKEND.asarray(part) for part in examples(network, 6))
    parameters = network.initialize(1).astype(np.float64)
    found = network.evaluate(BACKEND.asarray(parameters), data, labels)
    assert list(found.losses) == ["loss", "loss2"]
    assert found.loss == pytest.approx(found.losses["loss"] + 0.25 * found.losses["loss2"], rel=1e-12)
    assert found.loss == pytest.approx(loss_and_gradient(network, parameters)[0], rel=1e-12)
    assert list(found.metrics) == ["acc", "acc2"]
    assert found.correct == found.metrics["acc"]


def test_a_loss_of_weight_zero_trains_nothing(aside: Definition) -> None:
    aside[9]["loss_weight"] = 0
    network = Network(aside)
    gradient = loss_and_gradient(network, network.initialize(1).astype(np.float64))[1]
    entry = next(entry for entry in network.layout.entries if entry.name == "fc3/w")
    assert not gradient[entry.offset : entry.offset + entry.size].any()


def test_labels_must_fit_the_classifier_with_the_fewest_classes(aside: Definition) -> None:
    assert Network(aside).classes == 4
    aside[8]["params"]["out_size"] = 3
    assert Network(aside).classes == 3


def test_an_accuracy_in_phase_train_is_left_out_of_training(small: Definition) -> None:
    before = loss_and_gradient(Network(small), Network(small).initialize(1))
    small[-1].pop("phase")
    network = Network(small)
    assert "acc" not in {node.layer.name for node in network._training}
    after = loss_and_gradient(network, network.initialize(1))
    assert before[0] == after[0]
    assert np.array_equal(before[1], after[1])


@pytest.mark.parametrize("value", [None, "1", True, -0.5, float("inf"), float("nan"), [1]])
def test_a_loss_weight_that_is_none_is_refused(small: Definition, value: object) -> None:
    small[6]["loss_weight"] = value
    with pytest.raises(NetworkError, match='softmax_cross_entropy "loss": expected loss_weight to be a number of 0 to'):
        Network(small)


def test_a_loss_weight_on_another_layer_is_refused(small: Definition) -> None:
    small[5]["loss_weight"] = 1
    with pytest.raises(NetworkError, match='linear "fc2": expected loss_weight on loss layers only; remove it'):
        Network(small)
