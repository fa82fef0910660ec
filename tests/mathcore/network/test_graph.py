"""How layers connect: order, phases, and every way to connect them wrongly."""

import itertools
import random
from typing import Any

import pytest

from mathcore import NetworkError
from mathcore.network import parse
from mathcore.network.graph import execution_order

Definition = list[dict[str, Any]]


def order(definition: Definition, phase: str) -> list[str]:
    return [layer.name for layer in execution_order(parse(definition), phase)]


def error_of(definition: Definition, phase: str = "train") -> str:
    with pytest.raises(NetworkError) as error:
        execution_order(parse(definition), phase)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_layers_run_in_the_order_of_the_definition_where_it_is_one(figure2: Definition) -> None:
    assert order(figure2, "train") == ["d_train", "conv1", "pool1", "relu3", "fc3", "loss"]
    assert order(figure2, "test") == ["d_test", "conv1", "pool1", "relu3", "fc3", "loss", "acc"]


def test_a_definition_in_any_order_runs_after_its_inputs(figure2: Definition) -> None:
    for seed in range(20):
        random.Random(seed).shuffle(figure2)
        assert order(figure2, "train") == ["d_train", "conv1", "pool1", "relu3", "fc3", "loss"]


def test_a_misspelt_blob_is_named_with_the_nearest(figure2: Definition) -> None:
    figure2[4]["inputs"] = ["pol1"]
    assert error_of(figure2) == (
        'relu "relu3": input blob "pol1" is written by no layer; did you mean "pool1"? '
        "blobs: conv1, data, label, loss, pool1, pred, relu1"
    )


def test_a_misspelt_output_is_found_at_its_reader(figure2: Definition) -> None:
    figure2[4]["outputs"] = ["relu_1"]
    assert error_of(figure2).startswith(
        'linear "fc3": input blob "relu1" is written by no layer; did you mean "relu_1"?'
    )


def test_a_blob_of_the_other_phase_alone_is_named_with_its_writer(figure2: Definition) -> None:
    figure2[4]["phase"] = ["test"]
    assert error_of(figure2) == (
        'linear "fc3": expected blob "relu1" in phase train, got it from "relu3" in phase test only; '
        "give both layers the same phase"
    )


def test_a_blob_written_twice_is_named_with_both_writers(figure2: Definition) -> None:
    figure2[4]["outputs"] = ["pool1"]
    assert error_of(figure2) == (
        'relu "relu3": expected one writer of blob "pool1" in phase train, got "pool1" and "relu3"; rename an output'
    )


def test_the_blob_that_data_layers_read_cannot_be_written(figure2: Definition) -> None:
    figure2[4]["outputs"] = ["batch"]
    assert error_of(figure2) == ('relu "relu3": expected outputs other than "batch", which is the input; rename it')


def test_an_output_that_nobody_reads_is_named(figure2: Definition) -> None:
    figure2.append({"type": "relu", "name": "spare", "inputs": ["conv1"], "outputs": ["spare"], "phase": ["train"]})
    assert error_of(figure2) == (
        'relu "spare": expected a layer that reads its output "spare" in phase train, got none; '
        "connect it or remove the layer"
    )


def test_a_cycle_is_named_layer_by_layer(figure2: Definition) -> None:
    figure2[2]["inputs"] = ["relu1"]
    assert error_of(figure2) == (
        'layer "conv1": expected no cycle, got "conv1" -> "pool1" -> "relu3" -> "conv1"; '
        "a layer must not depend on its own output"
    )


def test_a_layer_that_reads_its_own_output_is_a_cycle(figure2: Definition) -> None:
    figure2[4]["inputs"] = ["relu1"]
    figure2[3]["phase"] = ["test"]
    figure2[2]["phase"] = ["test"]
    assert error_of(figure2) == (
        'layer "relu3": expected no cycle, got "relu3" -> "relu3"; a layer must not depend on its own output'
    )


def test_a_long_cycle_is_found_and_cut_short(figure2: Definition) -> None:
    chain = [
        {"type": "relu", "name": f"r{i}", "inputs": [f"b{(i + 1) % 5000}"], "outputs": [f"b{i}"]} for i in range(5000)
    ]
    message = error_of([*figure2, *chain])
    assert "expected no cycle, got " in message
    assert len(message) < 300


def test_a_long_chain_is_sorted(figure2: Definition) -> None:
    chain = [{"type": "relu", "name": f"r{i}", "inputs": [f"b{i + 1}"], "outputs": [f"b{i}"]} for i in range(5000)]
    chain[-1]["inputs"] = ["pool1"]
    figure2[4]["inputs"] = ["b0"]
    assert order([*figure2, *chain], "train")[3:5] == ["r4999", "r4998"]


def test_a_missing_blob_among_thousands_of_long_names_is_one_short_line(figure2: Definition) -> None:
    names = [f"{'x' * 60}{i:04}" for i in range(5000)]
    chain = [
        {"type": "relu", "name": name, "inputs": [name], "outputs": [after]}
        for name, after in itertools.pairwise(names)
    ]
    message = error_of([*figure2, *chain])
    assert f'input blob "{names[0]}" is written by no layer; did you mean "' in message
    assert len(message) < 700


@pytest.mark.parametrize(
    ("kind", "phase", "message"),
    [
        ("softmax_cross_entropy", "train", "network: expected a loss layer in phase train, got none; add one"),
        ("accuracy", "test", "network: expected an accuracy layer in phase test, got none; add one"),
    ],
)
def test_a_phase_without_loss_or_accuracy_is_refused(figure2: Definition, kind: str, phase: str, message: str) -> None:
    remaining = [layer for layer in figure2 if layer["type"] != kind]
    if kind == "softmax_cross_entropy":
        remaining.append(
            {"type": "accuracy", "name": "acc2", "inputs": ["pred", "label"], "outputs": ["a"], "phase": ["train"]}
        )
    assert error_of(remaining, phase) == message


def test_a_network_that_has_no_data_in_a_phase_is_refused() -> None:
    definition = [{"type": "blob_data", "name": "d", "inputs": ["batch"], "outputs": ["data", "label"],
                   "params": {"data_shape": [2]}, "phase": ["test"]}]  # fmt: skip
    assert error_of(definition) == "network: expected one data layer in phase train, got 0 []; add one"
