"""Plans check a job before anything is stored or sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from grid.errors import DataError, JobError
from grid.job import Job
from grid.networks import load_network
from grid.session import Plan


def lenet_with(layer: str, **params: Any) -> list[dict[str, Any]]:
    """Return LeNet with some parameters of one layer changed."""
    return [
        {**entry, "params": {**entry["params"], **params}} if entry["name"] == layer else entry
        for entry in load_network("lenet")
    ]


def test_lenet_on_mnist_is_accepted() -> None:
    plan = Plan(Job(), Path())
    assert plan.network.layout.parameter_count == 431_080
    assert plan.evaluation_shards == 5


def test_labels_without_a_score_are_refused() -> None:
    last = [entry["name"] for entry in load_network("lenet") if entry["type"] == "linear"][-1]
    with pytest.raises(JobError, match="expected labels below 5, .* got 10 classes"):
        Plan(Job(network=lenet_with(last, out_size=5)), Path())


def test_data_of_another_shape_is_refused() -> None:
    network = load_network("lenet")
    for entry in network:
        if entry["type"] == "blob_data":
            entry["params"]["data_shape"] = [32, 32, 1]
        if entry["type"] == "linear":
            entry["params"].pop("in_shape", None)
    with pytest.raises(JobError, match=r"expected examples of shape \(32, 32, 1\) .* got \(28, 28, 1\)"):
        Plan(Job(network=network), Path())


def test_a_missing_data_set_is_refused() -> None:
    with pytest.raises(DataError):
        Plan(Job(data="no/such/folder"), Path())
