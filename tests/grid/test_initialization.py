"""A training begins with those parameters of another one that fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grid.checkpoint import Checkpoint, by_name
from grid.errors import CheckpointError
from grid.initialization import initialize_from
from grid.job import Job
from grid.session import Plan
from grid.settings import load


def plan(hidden: str, *, classes: int = 10, seed: int = 1) -> Plan:
    """Return the plan of a network of two layers, the first of which has the name ``hidden``."""
    layers: list[dict[str, Any]] = [
        {"name": "data", "type": "blob_data", "inputs": ["batch"], "outputs": ["data", "label"],
         "params": {"data_shape": [28, 28, 1]}},
        {"name": "pool", "type": "pooling_2d", "inputs": ["data"], "outputs": ["small"],
         "params": {"type": "max", "ksize": 7, "stride": 7}},
        {"name": hidden, "type": "linear", "inputs": ["small"], "outputs": ["hidden"], "params": {"out_size": 5}},
        {"name": "fc2", "type": "linear", "inputs": ["hidden"], "outputs": ["pred"], "params": {"out_size": classes}},
        {"name": "loss", "type": "softmax_cross_entropy", "inputs": ["pred", "label"], "outputs": ["loss"]},
        {"name": "accuracy", "type": "accuracy", "inputs": ["pred", "label"], "outputs": ["accuracy"],
         "phase": ["test"]},
    ]  # fmt: skip
    return Plan(Job(network=layers, seed=seed, batch_size=8), load({}).data_dir)


def checkpoint(source: Plan) -> Checkpoint:
    parameters = by_name(source.network.initialize(source.job.seed), source.network.layout)
    return Checkpoint(source.job, 7, parameters, np.ones(source.state_size, np.float32), [], 0)


def test_arrays_of_the_same_name_and_shape_are_taken_over() -> None:
    # Given the parameters of ten classes, and a network of twelve
    source, other = checkpoint(plan("fc1")), plan("fc1", classes=12, seed=2)
    # When
    found = initialize_from(other, source)
    # Then the first layer is that of the file, the second one's own, and the optimizer begins anew
    own = by_name(other.network.initialize(2), other.network.layout)
    for name, values in found.checkpoint.parameters.items():
        expected = source.parameters if name.startswith("fc1/") else own
        np.testing.assert_array_equal(values, expected[name], err_msg=name)
    assert sorted(found.fitted) == sorted(name for name in own if name.startswith("fc1/"))
    assert found.checkpoint.step == 0
    assert not found.checkpoint.optimizer.any()
    assert str(found).startswith("2 of 4 arrays taken over; begin anew: fc2/")


def test_a_file_of_which_nothing_fits_is_refused() -> None:
    with pytest.raises(CheckpointError, match="got none that fits"):
        initialize_from(plan("other", classes=12), checkpoint(plan("fc1")))
