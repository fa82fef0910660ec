"""What a summary counts."""

from __future__ import annotations

from typing import Any

import pytest

from mathcore import Network

Definition = list[dict[str, Any]]


def test_a_training_step_leaves_out_the_data_gradient_of_the_first_layer(lenet: Definition) -> None:
    summary = Network(lenet).summary()
    rows = {row.name: row for row in summary}
    conv1, conv2 = rows["conv1"], rows["conv2"]
    assert conv1.training_flops == 2 * conv1.forward_flops
    assert conv2.training_flops == 3 * conv2.forward_flops == 3 * 2 * 8 * 8 * 5 * 5 * 20 * 50
    assert summary.training_flops == pytest.approx(0.0132e9, rel=0.005)
    assert summary.parameters == 431_080
    assert summary.parameter_bytes == 4 * 431_080


def test_frozen_layers_cost_no_gradients(lenet: Definition) -> None:
    lenet[2]["frozen"] = lenet[6]["frozen"] = True
    rows = {row.name: row for row in Network(lenet).summary()}
    assert rows["conv1"].training_flops == rows["conv1"].forward_flops
    # Nothing before conv2 learns; fc3 passes the gradient on.
    assert rows["conv2"].training_flops == 2 * rows["conv2"].forward_flops
    assert rows["fc3"].training_flops == 2 * rows["fc3"].forward_flops
    assert rows["fc3"].parameters == 400_500


def test_activations_are_all_outputs_of_a_batch_in_training(lenet: Definition) -> None:
    summary = Network(lenet).summary(batch_size=3)
    rows = {row.name: row for row in summary}
    assert rows["d_train"].activation_bytes == 4 * 3 * (28 * 28 + 1)
    assert rows["conv2"].activation_bytes == 4 * 3 * 8 * 8 * 50
    assert rows["acc"].activation_bytes == rows["d_test"].activation_bytes == 0
    assert summary.activation_bytes == sum(row.activation_bytes for row in summary)


def test_running_statistics_are_memory_but_no_parameters(small: Definition) -> None:
    small.insert(2, {"type": "batch_normalization", "name": "bn", "inputs": ["conv"], "outputs": ["bn"]})
    small[3]["inputs"] = ["bn"]
    summary = Network(small).summary()
    row = next(row for row in summary if row.name == "bn")
    assert (row.parameters, row.running) == (6, 6)
    assert summary.parameter_bytes == 4 * (summary.parameters + 6)


def test_the_table_has_a_line_a_layer_and_the_totals(lenet: Definition) -> None:
    summary = Network(lenet).summary(batch_size=64)
    lines = str(summary).splitlines()
    assert len(lines) == 1 + len(summary) + 2
    assert lines[0].split()[:4] == ["layer", "type", "output", "parameters"]
    assert lines[4].split() == ["conv2", "convolution_2d", "8", "x", "8", "x", "50", "25,050", "3.2", "9.6", "0.8"]
    assert lines[-2].split()[:4] == ["total", "431,080", "4.6", "13.2"]
    assert "a batch of 64" in lines[-1]


def test_the_record_holds_totals_and_rows(lenet: Definition) -> None:
    record = Network(lenet).summary(batch_size=2).record()
    assert record["batch_size"] == 2
    assert record["parameters"] == sum(layer["parameters"] for layer in record["layers"]) == 431_080
    assert record["training_flops"] == sum(layer["training_flops"] for layer in record["layers"])
