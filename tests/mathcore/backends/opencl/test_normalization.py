"""Normalization of channels against NumPy, at odd shapes and as other devices would cut them up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mathcore.array import NDArray
from mathcore.backends.base import Backend
from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.errors import DTypeError, ShapeError
from tests.mathcore.backends.opencl.comparison import assert_close, assert_same_bits, random_array
from tests.mathcore.backends.opencl.widths import KINDS, open_as

SHAPES = [(2, 1), (7, 3), (1, 3, 5, 8), (2, 5, 5, 33), (3, 7, 7, 64), (1, 40, 40, 65), (1, 33, 33, 100), (5, 300)]


def channels(count: int) -> list[np.ndarray]:
    """Return gamma and beta."""
    return [random_array(count, seed=seed) for seed in (1, 2)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_statistics_agree_with_numpy(device: OpenCLBackend, reference: NumpyBackend, shape: tuple[int, ...]) -> None:
    x = 3 + 2 * random_array(*shape)
    actual = device.batch_statistics(device.asarray(x), eps=1e-5)
    expected = reference.batch_statistics(reference.asarray(x), eps=1e-5)
    for got, wanted in zip(actual, expected, strict=True):
        np.testing.assert_allclose(got.numpy(), wanted.numpy(), rtol=3e-6, atol=1e-6)


@pytest.mark.parametrize("addend", [True, False])
@pytest.mark.parametrize("activation", ["identity", "relu"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_outputs_and_gradients_agree_with_numpy(
    device: OpenCLBackend, reference: NumpyBackend, shape: tuple[int, ...], activation: str, addend: bool
) -> None:
    x, other, dy = (random_array(*shape, seed=seed) for seed in (3, 4, 5))
    gamma, beta = channels(shape[-1])
    _, _, inverse = reference.batch_statistics(reference.asarray(x), eps=1e-5)
    mean = x.mean(tuple(range(x.ndim - 1)))

    def run(backend: Backend) -> tuple[NDArray, ...]:
        x_, dy_, mean_, inverse_, gamma_, beta_ = map(backend.asarray, (x, dy, mean, inverse.numpy(), gamma, beta))
        added = backend.asarray(other) if addend else None
        y = backend.normalize(x_, mean_, inverse_, gamma_, beta_, addend=added, activation=activation)
        dgamma, dbeta = (backend.asarray(np.full(shape[-1], np.nan, np.float32)) for _ in range(2))
        dx, dz = backend.batch_normalization_gradient(
            dy_, x_, mean_, inverse_, gamma_, beta_, dgamma, dbeta,
            activated=y if addend else None, activation=activation,
        )  # fmt: skip
        return y, dx, dgamma, dbeta, *((dz,) if addend else ())

    y, dx, dgamma, dbeta, *dz = run(device)
    expected_y, expected_dx, expected_dgamma, expected_dbeta, *expected_dz = run(reference)
    assert_same_bits(y, expected_y)
    if addend:
        assert_same_bits(dz[0], expected_dz[0])
    size = np.abs(dy).sum() / shape[-1]
    np.testing.assert_allclose(dgamma.numpy(), expected_dgamma.numpy(), rtol=0, atol=2e-6 * size)
    np.testing.assert_allclose(dbeta.numpy(), expected_dbeta.numpy(), rtol=0, atol=2e-6 * size)
    assert_close(dx, expected_dx, tolerance=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_devices_that_cut_the_work_up_otherwise_agree(reference: NumpyBackend, tmp_path: Path, kind: str) -> None:
    backend = open_as(kind, tmp_path)
    x, dy = random_array(3, 17, 19, 37), random_array(3, 17, 19, 37, seed=1)
    gamma, beta = channels(37)
    mean, variance, inverse = backend.batch_statistics(backend.asarray(x), eps=1e-5)
    wanted = reference.batch_statistics(reference.asarray(x), eps=1e-5)
    assert_close(variance, wanted[1], tolerance=3e-6)
    results, sides = [], (backend, reference)
    for side in sides:
        x_, dy_, mean_, inverse_, gamma_, beta_ = map(side.asarray, (x, dy, mean.numpy(), inverse.numpy(), gamma, beta))
        y = side.normalize(x_, mean_, inverse_, gamma_, beta_, activation="relu")
        dgamma, dbeta = side.zeros((37,)), side.zeros((37,))
        dx, _ = side.batch_normalization_gradient(
            dy_, x_, mean_, inverse_, gamma_, beta_, dgamma, dbeta, activation="relu"
        )
        results.append((y, dx, dgamma, dbeta))
    for actual, expected in zip(*results, strict=True):
        assert_close(actual, expected, tolerance=1e-5)


def test_sums_do_not_depend_on_the_number_of_compute_units(device: OpenCLBackend, tmp_path: Path) -> None:
    x = random_array(2, 31, 29, 40)
    results = []
    for backend in (device, open_as("64 units", tmp_path)):
        if backend.queue.tuning.vector != 8:
            pytest.skip("needs a device of 8 lanes")
        results.append([part.numpy().tobytes() for part in backend.batch_statistics(backend.asarray(x), eps=1e-5)])
    assert results[0] == results[1]


@pytest.mark.parametrize("mean", [0.0, 1000.0, -30.0])
def test_the_variance_of_many_rows_is_accurate_far_from_zero(device: OpenCLBackend, mean: float) -> None:
    generator = np.random.default_rng(0)
    x = (mean + 0.01 * generator.standard_normal((100_352, 9)) * np.arange(1, 10)).astype(np.float32)
    exact = x.astype(np.float64)
    _, variance, _ = device.batch_statistics(device.asarray(x), eps=1e-5)
    np.testing.assert_allclose(variance.numpy(), exact.var(0), rtol=1e-5)


def test_an_outlier_that_all_rows_are_compared_with_costs_little(device: OpenCLBackend) -> None:
    x = random_array(100_352, 3)
    x[0, 0] += 1000
    _, variance, _ = device.batch_statistics(device.asarray(x), eps=1e-5)
    # In its chunk, squares of 1000 are added up for a variance of 2000.
    np.testing.assert_allclose(variance.numpy(), x.astype(np.float64).var(0), rtol=1e-3)


def test_nan_is_passed_on(device: OpenCLBackend) -> None:
    x = random_array(50, 9)
    x[20, 3] = np.nan
    mean, variance, _ = device.batch_statistics(device.asarray(x), eps=1e-5)
    for part in (mean, variance):
        assert np.isnan(part.numpy()).tolist() == [c == 3 for c in range(9)]


def test_running_statistics_agree_with_numpy(device: OpenCLBackend, reference: NumpyBackend) -> None:
    given = [random_array(19, seed=seed) for seed in range(4)]
    results = []
    for backend in (device, reference):
        mean, variance, running_mean, running_variance = map(backend.asarray, given)
        outputs = backend.zeros((19,)), backend.zeros((19,))
        backend.running_statistics(mean, variance, running_mean, running_variance, *outputs, decay=0.9, count=50)
        results.append(outputs)
    for actual, expected in zip(*results, strict=True):
        assert_same_bits(actual, expected)


def test_shapes_and_types_that_do_not_fit_are_refused(device: OpenCLBackend) -> None:
    x, c = device.zeros((4, 3)), device.zeros((3,))
    with pytest.raises(ShapeError, match=r"normalize: expected an array of shape \(3,\), one a channel, got \(2,\)"):
        device.normalize(x, c, c, c, device.zeros((2,)))
    with pytest.raises(ShapeError, match="normalize: expected an array of the shape of x"):
        device.normalize(x, c, c, c, c, addend=device.zeros((3, 4)))
    with pytest.raises(ShapeError, match="batch_statistics: expected at least one value a channel"):
        device.batch_statistics(device.zeros((0, 3)), eps=1e-5)
    with pytest.raises(DTypeError, match="batch_statistics: expected float32"):
        device.batch_statistics(device.zeros((4, 3), np.int32), eps=1e-5)
