"""Whole networks: shapes, initial parameters, training, evaluation, and what does not fit."""

import hashlib
from typing import Any

import numpy as np
import pytest

from mathcore import DTypeError, MathcoreError, Network, NetworkError, ShapeError, optimizers
from mathcore.backends import create

BACKEND = create("numpy")

Definition = list[dict[str, Any]]


def layer(kind: str, name: str, inputs: list[str], outputs: list[str], **params: object) -> dict[str, Any]:
    return {"type": kind, "name": name, "inputs": inputs, "outputs": outputs, "params": params}


def error_of(definition: object) -> str:
    with pytest.raises(MathcoreError) as error:
        Network(definition)
    assert "\n" not in str(error.value)
    return str(error.value)


def examples(network: Network, count: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(3)
    data = generator.standard_normal((count, *network.data_shape))
    return data, generator.integers(0, classes, count).astype(np.int32)


# Shapes and sizes


def test_the_papers_figure_2_is_built_unchanged(figure2: Definition) -> None:
    network = Network(figure2)
    assert network.data_shape == (28, 28, 1)
    assert network.layout.parameter_count == 5 * 5 * 20 + 20 + 2880 * 10 + 10
    assert network.data_layer("train").file_prefix == "mnist_train"
    assert network.data_layer("test").file_prefix == "mnist_test"


def test_lenet_has_431080_parameters(lenet: Definition) -> None:
    network = Network(lenet)
    assert network.layout.parameter_count == 431_080
    assert [(entry.name, entry.shape, entry.offset) for entry in network.layout.entries] == [
        ("conv1/w", (5, 5, 1, 20), 0),
        ("conv1/b", (20,), 512),
        ("conv2/w", (5, 5, 20, 50), 768),
        ("conv2/b", (50,), 25_856),
        ("fc3/w", (800, 500), 26_112),
        ("fc3/b", (500,), 426_240),
        ("fc4/w", (500, 10), 426_752),
        ("fc4/b", (10,), 431_872),
    ]
    assert network.layout.size == 432_128


def test_the_summary_lists_shapes_parameters_and_operations(lenet: Definition) -> None:
    rows = {row.name: row for row in Network(lenet).summary()}
    assert list(rows)[:2] == ["d_train", "conv1"]
    assert list(rows)[-2:] == ["d_test", "acc"]
    assert rows["conv2"].output_shape == (8, 8, 50)
    assert rows["conv2"].parameters == 25_050
    assert rows["conv2"].forward_flops == 2 * 8 * 8 * 5 * 5 * 20 * 50
    assert sum(row.parameters for row in rows.values()) == 431_080
    # Forward, data gradient (not of conv1) and weight gradient: the 0.0132 GFLOP of a training step.
    total = sum(row.forward_flops for row in rows.values())
    assert 3 * total - rows["conv1"].forward_flops == pytest.approx(0.0132e9, rel=0.005)


# Initial parameters


def test_initial_parameters_are_the_same_on_every_machine(lenet: Definition) -> None:
    parameters = Network(lenet).initialize(1)
    assert parameters.dtype == np.float32
    digest = hashlib.sha256(parameters.astype("<f4").tobytes()).hexdigest()
    assert digest == "f365e2a2188292710ec0c8f756ba80142f4ae97c1c7f52bb2d913b68dce39c6e"


def test_seeds_give_different_parameters_with_zero_biases_and_padding(lenet: Definition) -> None:
    network = Network(lenet)
    first, second = network.initialize(1), network.initialize(2)
    weights = np.zeros(network.layout.size, bool)
    for entry in network.layout.entries:
        if entry.name.endswith("/w"):
            weights[entry.offset : entry.offset + entry.size] = True
    assert np.mean(first[weights] == second[weights]) < 1e-3
    assert not first[~weights].any()


# Training and evaluation


def test_training_lowers_the_loss_and_keeps_padding_zero(small: Definition) -> None:
    network = Network(small)
    data, labels = examples(network, 20, 4)
    x, y = BACKEND.asarray(data.astype(np.float32)), BACKEND.asarray(labels)
    parameters = BACKEND.asarray(network.initialize(1))
    gradient, velocity = BACKEND.zeros(parameters.shape), BACKEND.zeros(parameters.shape)
    optimizer = optimizers.create("momentum", learning_rate=0.1, momentum=0.9, weight_decay=0.001)
    before = network.evaluate(parameters, x, y)
    for step in range(60):
        network.gradient(parameters, x, y, gradient)
        optimizer.update(parameters, velocity, gradient, step=step)
    after = network.evaluate(parameters, x, y)
    assert after.loss < before.loss / 4
    assert after.correct > before.correct
    assert after.examples == 20
    used = np.zeros(network.layout.size, bool)
    for entry in network.layout.entries:
        used[entry.offset : entry.offset + entry.size] = True
    assert not parameters.numpy()[~used].any()


def test_evaluation_counts_and_takes_the_mean(small: Definition) -> None:
    network = Network(small)
    data, labels = examples(network, 12, 4)
    parameters = BACKEND.asarray(network.initialize(1).astype(np.float64))
    whole = network.evaluate(parameters, BACKEND.asarray(data), BACKEND.asarray(labels))
    parts = [
        network.evaluate(parameters, BACKEND.asarray(data[i : i + 4]), BACKEND.asarray(labels[i : i + 4]))
        for i in (0, 4, 8)
    ]
    assert whole.correct == sum(part.correct for part in parts)
    assert whole.loss == pytest.approx(np.mean([part.loss for part in parts]), rel=1e-12)


# What does not fit


def test_a_shape_that_does_not_fit_is_named_with_the_layer(lenet: Definition) -> None:
    lenet[6]["params"]["in_shape"] = [5, 5, 50]
    assert error_of(lenet) == (
        'linear "fc3": expected x of shape (N, 5, 5, 50), got (N, 4, 4, 50); set in_shape to [4, 4, 50] or leave it '
        'out ("pool2" of pooling_2d "pool2" is (N, 4, 4, 50))'
    )


def test_an_unknown_param_is_named_with_the_nearest(lenet: Definition) -> None:
    lenet[2]["params"]["kernel_size"] = lenet[2]["params"].pop("ksize")
    assert error_of(lenet).startswith("convolution_2d \"conv1\": unknown param 'kernel_size'; ")


def test_phases_with_different_data_shapes_are_refused(figure2: Definition) -> None:
    figure2[1]["params"]["data_shape"] = [32, 32, 1]
    assert error_of(figure2) == (
        'convolution_2d "conv1": expected the same input in both phases, got [28, 28, 1] and, in phase test, '
        "[32, 32, 1]; make the data layers and what follows them alike"
    )


def test_parameters_that_no_step_would_train_are_refused(figure2: Definition) -> None:
    figure2.append({**layer("linear", "extra", ["relu1"], ["extra"], out_size=10), "phase": ["test"]})
    figure2[7]["inputs"] = ["extra", "label"]
    assert error_of(figure2) == (
        'linear "extra": expected every layer with parameters to lead to the loss in phase train, '
        "got one that does not; connect it or remove it"
    )


@pytest.mark.parametrize(
    ("place", "name", "value"),
    [(2, "out_size", 2**31), (5, "out_size", 2**31), (0, "data_shape", [2**20, 2**11, 1]), (2, "pad", 4096)],
)
def test_networks_that_no_machine_could_hold_are_refused_at_once(
    figure2: Definition, place: int, name: str, value: object
) -> None:
    figure2[place]["params"][name] = value
    figure2[5]["params"].pop("in_shape")
    figure2[1]["params"]["data_shape"] = figure2[0]["params"]["data_shape"]
    if name == "pad":
        figure2[2]["params"]["out_size"] = 40
    assert "expected arrays of at most 2147483648 elements" in error_of(figure2)


def test_ten_thousand_layers_are_built() -> None:
    chain = [layer("relu", f"r{i}", [f"b{i}"], [f"b{i + 1}"]) for i in range(9996)]
    definition = [
        layer("blob_data", "d", ["batch"], ["b0", "label"], data_shape=[3]),
        *chain,
        layer("linear", "fc", ["b9996"], ["pred"], out_size=2),
        layer("softmax_cross_entropy", "loss", ["pred", "label"], ["loss"]),
        {**layer("accuracy", "acc", ["pred", "label"], ["acc"]), "phase": ["test"]},
    ]
    assert Network(definition).layout.parameter_count == 8


def test_arrays_that_do_not_fit_are_named(small: Definition) -> None:
    network = Network(small)
    vector = BACKEND.zeros((network.layout.size,))
    data, labels = BACKEND.zeros((3, 7, 6, 2)), BACKEND.zeros((3,), np.int32)
    with pytest.raises(
        ShapeError, match=r"expected data of shape \(N, 7, 6, 2\) with N at least 1, got \(3, 6, 7, 2\)"
    ):
        network.gradient(vector, BACKEND.zeros((3, 6, 7, 2)), labels, vector)
    with pytest.raises(ShapeError, match="with N at least 1"):
        network.evaluate(vector, BACKEND.zeros((0, 7, 6, 2)), labels)
    with pytest.raises(ShapeError, match=r"expected labels of shape \(3,\), one an example, got \(4,\)"):
        network.gradient(vector, data, BACKEND.zeros((4,), np.int32), vector)
    with pytest.raises(DTypeError, match="expected labels of int32, got uint8"):
        network.gradient(vector, data, BACKEND.zeros((3,), np.uint8), vector)
    with pytest.raises(ShapeError, match="expected parameters of shape"):
        network.evaluate(BACKEND.zeros((1,)), data, labels)
    with pytest.raises(ShapeError, match="expected gradient of shape"):
        network.gradient(vector, data, labels, BACKEND.zeros((1,)))


def test_an_unknown_phase_is_refused(small: Definition) -> None:
    with pytest.raises(NetworkError, match="expected phase train or test, got 'validation'"):
        Network(small).data_layer("validation")
