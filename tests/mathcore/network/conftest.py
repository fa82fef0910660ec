"""Definitions that the network tests share. Every test gets its own copy, to change as it likes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]

Definition = list[dict[str, Any]]


@pytest.fixture
def figure2() -> Definition:
    """Return the network of the paper's Figure 2."""
    definition: Definition = json.loads((ROOT / "examples/networks/figure2.json").read_text(encoding="utf-8"))
    return definition


@pytest.fixture
def lenet() -> Definition:
    """Return LeNet as shipped."""
    definition: Definition = json.loads((ROOT / "grid/networks/lenet.json").read_text(encoding="utf-8"))
    return definition


@pytest.fixture
def small() -> Definition:
    """Return a network with every layer type on images of 7 x 6 x 2, small enough for central differences."""
    return [
        {"type": "blob_data", "name": "d", "inputs": ["batch"], "outputs": ["data", "label"],
         "params": {"data_shape": [7, 6, 2]}},
        {"type": "convolution_2d", "name": "conv", "inputs": ["data"], "outputs": ["conv"],
         "params": {"out_size": 3, "ksize": [3, 2], "pad": 1, "stride": [1, 2]}},
        {"type": "relu", "name": "relu", "inputs": ["conv"], "outputs": ["relu"], "params": {}},
        {"type": "pooling_2d", "name": "pool", "inputs": ["relu"], "outputs": ["pool"],
         "params": {"ksize": 2, "type": "average"}},
        {"type": "linear", "name": "fc1", "inputs": ["pool"], "outputs": ["fc1"], "params": {"out_size": 5}},
        {"type": "linear", "name": "fc2", "inputs": ["fc1"], "outputs": ["pred"], "params": {"out_size": 4}},
        {"type": "softmax_cross_entropy", "name": "loss", "inputs": ["pred", "label"], "outputs": ["loss"]},
        {"type": "accuracy", "name": "acc", "inputs": ["pred", "label"], "outputs": ["accuracy"], "phase": ["test"]},
    ]  # fmt: skip
