"""A loss that is not finite is traced to the array where that began."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mathcore import backends
from mathcore.array import NDArray
from mathcore.network import Network
from mathcore.network.diagnosis import first_gradient_not_finite

BACKEND = backends.create("numpy")


@pytest.fixture
def network(small: list[dict[str, Any]]) -> Network:
    return Network(small)


@pytest.fixture
def batch() -> tuple[NDArray, NDArray]:
    data = np.random.default_rng(1).normal(size=(3, 7, 6, 2)).astype(np.float32)
    return BACKEND.asarray(data), BACKEND.asarray(np.array([0, 1, 3], np.int32))


def vector_with(network: Network, name: str, value: float) -> NDArray:
    """Return initial parameters, the first element of one array changed."""
    values = network.initialize(0)
    entry = next(entry for entry in network.layout.entries if entry.name == name)
    values[entry.offset] = value
    return BACKEND.asarray(values)


def test_a_step_with_a_finite_loss_shows_nothing(network: Network, batch: tuple[NDArray, NDArray]) -> None:
    assert network.first_not_finite(BACKEND.asarray(network.initialize(0)), *batch) is None


def test_a_layer_that_overflows_is_named(network: Network, batch: tuple[NDArray, NDArray]) -> None:
    with np.errstate(all="ignore"):
        found = network.first_not_finite(vector_with(network, "conv/w", 3e38), *batch)
    assert found == 'the output of convolution_2d "conv"'


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_parameter_is_named_before_the_outputs_that_it_spoils(
    network: Network, batch: tuple[NDArray, NDArray], value: float
) -> None:
    assert network.first_not_finite(vector_with(network, "fc1/b", value), *batch) == 'parameter "b" of linear "fc1"'


def test_data_are_named_before_all_else(network: Network, batch: tuple[NDArray, NDArray]) -> None:
    data, labels = batch
    data[0, 0, 0, 0] = float("nan")
    assert network.first_not_finite(vector_with(network, "fc1/b", np.nan), data, labels) == 'the data in blob "data"'


def test_of_gradients_the_one_nearest_to_the_loss_is_named(network: Network) -> None:
    gradient = vector_with(network, "conv/w", np.nan)
    assert first_gradient_not_finite(gradient, network.layout) == "conv/w"
    entry = next(entry for entry in network.layout.entries if entry.name == "fc2/w")
    gradient[entry.offset] = float("inf")
    assert first_gradient_not_finite(gradient, network.layout) == "fc2/w"
    assert first_gradient_not_finite(BACKEND.zeros(gradient.shape), network.layout) is None
