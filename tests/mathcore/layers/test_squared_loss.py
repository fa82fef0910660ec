"""The squared loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mathcore import NetworkError, ShapeError
from mathcore.backends.base import Backend
from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.layers import Layer, SquaredLoss


@pytest.mark.parametrize("shape", [(4, 3), (1, 1), (2, 3, 4, 2), (5,)])
def test_gradients_of_both_inputs_agree_with_central_differences(
    check_gradient: Callable[[Layer, list[np.ndarray]], None], shape: tuple[int, ...]
) -> None:
    generator = np.random.default_rng(1)
    check_gradient(SquaredLoss("loss", {}), [generator.standard_normal(shape), generator.standard_normal(shape)])


def test_gradients_with_labels_agree_with_central_differences(
    check_gradient: Callable[[Layer, list[np.ndarray]], None],
) -> None:
    x, labels = np.random.default_rng(1).standard_normal((4, 3)), np.array([0, 2, 1, 1], np.int32)
    check_gradient(SquaredLoss("loss", {}), [x, labels])


def test_half_the_squared_distance_is_lost(backend: Backend) -> None:
    x = np.array([[1, 2], [3, 5]], np.float32)
    (loss,), _ = SquaredLoss("loss", {}).forward({}, backend.asarray(x), backend.asarray(np.zeros_like(x)))
    assert loss.item() == (1 + 4 + 9 + 25) / 4
    (loss,), backward = SquaredLoss("loss", {}).forward(
        {}, backend.asarray(x), backend.asarray(np.array([0, 1], np.int32))
    )
    assert loss.item() == (0 + 4 + 9 + 16) / 4
    assert backward((backend.asarray(np.float32(1)),), {})[1] is None


@pytest.mark.parametrize("target", ["values", "labels", "whole"])
def test_the_backends_agree(device: OpenCLBackend, reference: NumpyBackend, target: str) -> None:
    generator = np.random.default_rng(0)
    x = generator.standard_normal((65, 33)).astype(np.float32)
    t = {
        "values": generator.standard_normal((65, 33)).astype(np.float32),
        "labels": generator.integers(0, 33, 65).astype(np.int32),
        "whole": generator.integers(0, 3, (65, 33)).astype(np.int32),
    }[target]
    results: list[Any] = []
    for backend in (device, reference):
        (loss,), backward = SquaredLoss("loss", {}).forward({}, backend.asarray(x), backend.asarray(t))
        results.append((loss, backward((backend.asarray(np.float32(0.5)),), {})[0]))
    for actual, expected in zip(*results, strict=True):
        assert actual.dtype == expected.dtype == np.float32
        np.testing.assert_allclose(actual.numpy(), expected.numpy(), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("label", [-1, 3])
def test_a_label_that_is_no_class_makes_the_loss_nan(backend: Backend, label: int) -> None:
    x = backend.asarray(np.zeros((2, 3), np.float32))
    (loss,), _ = SquaredLoss("loss", {}).forward({}, x, backend.asarray(np.array([0, label], np.int32)))
    assert np.isnan(loss.item())


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(ShapeError, match=r'squared_loss "loss": expected two blobs of one shape, or scores \(N, C\)'):
        SquaredLoss("loss", {}).infer_shapes([(3,), (4,)])
    with pytest.raises(NetworkError, match='squared_loss "loss": unknown param'):
        SquaredLoss("loss", {"norm": "L1"})
