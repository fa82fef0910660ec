"""Timing a step layer by layer changes nothing but the time."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from mathcore import backends
from mathcore.network import Network


@pytest.mark.parametrize("backend_name", ["numpy", "opencl"])
def test_a_timed_step_gives_the_bits_of_any_other(small: list[dict[str, Any]], backend_name: str) -> None:
    backend, network = backends.create(backend_name), Network(small)
    data = backend.asarray(np.random.default_rng(0).normal(size=(5, 7, 6, 2)).astype(np.float32))
    labels = backend.asarray(np.array([0, 1, 2, 3, 0], np.int32))
    parameters = backend.asarray(network.initialize(0))
    plain, timed = backend.zeros((network.layout.size,)), backend.zeros((network.layout.size,))
    network.gradient(parameters, data, labels, plain)
    ticks = itertools.count()
    times = network.timed_gradient(parameters, data, labels, timed, clock=lambda: float(next(ticks)))
    assert timed.numpy().tobytes() == plain.numpy().tobytes()
    # A convolution and the rectifier behind it run in one go
    assert [(time.name, time.type) for time in times[:2]] == [("conv", "convolution_2d +"), ("pool", "pooling_2d")]
    # Every layer was looked at twice on each way
    assert {time.forward_seconds for time in times} == {time.backward_seconds for time in times} == {1.0}


def test_bytes_are_those_of_the_arrays_that_come_and_go(small: list[dict[str, Any]]) -> None:
    backend, network = backends.create("numpy"), Network(small)
    data = backend.zeros((3, 7, 6, 2))
    gradient = backend.zeros((network.layout.size,))
    labels = backend.zeros((3,), np.int32)
    times = network.timed_gradient(
        backend.asarray(network.initialize(0)), data, labels, gradient, clock=lambda: 0.0
    )
    last = next(time for time in times if time.name == "fc2")
    x, w, y = 3 * 5 * 4, (5 * 4 + 4) * 4, 3 * 4 * 4
    assert last.forward_bytes == x + w + y
    assert last.backward_bytes == x + w + (y + w + x)
