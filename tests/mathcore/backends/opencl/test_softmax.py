"""Softmax with cross-entropy and the count of right answers against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.errors import DTypeError, ShapeError
from tests.mathcore.backends.opencl.comparison import assert_close, assert_same_bits, random_array


@pytest.mark.parametrize(("count", "classes"), [(1, 1), (1, 10), (64, 10), (65, 3), (500, 1000), (10_000, 10)])
def test_loss_gradient_and_right_answers_agree_with_numpy(
    device: OpenCLBackend, reference: NumpyBackend, count: int, classes: int
) -> None:
    logits = 5 * random_array(count, classes)
    labels = np.random.default_rng(0).integers(0, classes, count).astype(np.int32)
    results = []
    for backend in (device, reference):
        z, target = backend.asarray(logits), backend.asarray(labels)
        loss, probabilities = backend.softmax_cross_entropy(z, target)
        dz = backend.softmax_cross_entropy_gradient(probabilities, target, backend.asarray(0.5))
        results.append((loss, probabilities, dz, backend.count_correct(z, target)))
    for actual, expected in zip(*results, strict=True):
        # exp and log may err by 4 units in the last place; the rest is a sum over the classes.
        assert_close(actual, expected, tolerance=2e-6)


@pytest.mark.parametrize("ignored", [None, 3, -100])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize(("count", "classes"), [(1, 1), (7, 5), (65, 1000)])
def test_ignored_labels_and_smoothing_agree_with_numpy(
    device: OpenCLBackend, reference: NumpyBackend, count: int, classes: int, smoothing: float, ignored: int | None
) -> None:
    logits = 5 * random_array(count, classes)
    labels = np.random.default_rng(0).integers(0, classes, count).astype(np.int32)
    if ignored is not None:
        labels[::3] = ignored
    results = []
    for backend in (device, reference):
        z, target = backend.asarray(logits), backend.asarray(labels)
        loss, p = backend.softmax_cross_entropy(z, target, ignore_label=ignored, label_smoothing=smoothing)
        dz = backend.softmax_cross_entropy_gradient(
            p, target, backend.asarray(0.5), ignore_label=ignored, label_smoothing=smoothing
        )
        results.append((loss, dz))
    for actual, expected in zip(*results, strict=True):
        assert_close(actual, expected, tolerance=2e-6)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_labels_among_the_highest_are_counted_as_numpy_does(
    device: OpenCLBackend, reference: NumpyBackend, k: int
) -> None:
    generator = np.random.default_rng(0)
    logits = generator.integers(0, 4, (200, 7)).astype(np.float32)  # many ties
    logits[logits == 3] = np.nan
    labels = generator.integers(-1, 8, 200).astype(np.int32)
    actual, expected = (
        backend.count_correct(backend.asarray(logits), backend.asarray(labels), top_k=k)
        for backend in (device, reference)
    )
    assert_same_bits(actual, expected)


def test_large_logits_neither_overflow_nor_lose_the_loss(device: OpenCLBackend) -> None:
    loss, probabilities = device.softmax_cross_entropy(
        device.asarray([[1000.0, 0.0], [-1000.0, 0.0]]), device.asarray([1, 0])
    )
    assert loss.item() == 1000
    np.testing.assert_array_equal(probabilities.numpy(), np.array([[1, 0], [0, 1]], np.float32))


def test_the_first_of_equal_maxima_counts(device: OpenCLBackend, reference: NumpyBackend) -> None:
    logits = np.array([[1, 1, 0], [1, 1, 0], [0, 2, 2]], np.float32)
    labels = np.array([0, 1, 1], np.int32)
    actual, expected = (
        backend.count_correct(backend.asarray(logits), backend.asarray(labels)) for backend in (device, reference)
    )
    assert_same_bits(actual, expected)
    assert actual.item() == 2


@pytest.mark.parametrize("label", [-1, 2])
def test_a_label_that_is_no_class_makes_the_loss_nan(device: OpenCLBackend, label: int) -> None:
    loss, _ = device.softmax_cross_entropy(device.asarray([[1.0, 2.0]]), device.asarray([label]))
    assert np.isnan(loss.item())


def test_shapes_and_types_that_do_not_fit_are_refused(device: OpenCLBackend) -> None:
    logits = device.zeros((4, 3))
    with pytest.raises(ShapeError, match=r"expected scores \(N, C\) and labels \(N,\)"):
        device.softmax_cross_entropy(logits, device.zeros((3,), np.int32))
    with pytest.raises(DTypeError, match="expected labels of int32, got float32"):
        device.count_correct(logits, device.zeros((4,)))
