"""The hinge loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mathcore import NetworkError, ShapeError
from mathcore.backends.base import Backend
from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.layers import HingeLoss, Layer


@pytest.mark.parametrize("norm", ["L1", "L2"])
@pytest.mark.parametrize(("examples", "classes"), [(5, 4), (1, 1), (3, 10)])
def test_gradients_agree_with_central_differences(
    check_gradient: Callable[[Layer, list[np.ndarray]], None], examples: int, classes: int, norm: str
) -> None:
    generator = np.random.default_rng(1)
    labels = generator.integers(0, classes, examples).astype(np.int32)
    check_gradient(HingeLoss("loss", {"norm": norm}), [generator.standard_normal((examples, classes)), labels])


@pytest.mark.parametrize(("norm", "expected"), [("L1", (0.5 + 3) / 2), ("L2", (0.25 + 9) / 2)])
def test_classes_inside_the_margin_count(backend: Backend, norm: str, expected: float) -> None:
    x = backend.asarray(np.array([[0.5, -1], [-2, 2]], np.float32))
    (loss,), _ = HingeLoss("loss", {"norm": norm}).forward({}, x, backend.asarray(np.array([0, 1], np.int32)))
    inside = 3.0 if norm == "L1" else 9.0  # of x[1, 1] if it were wrong; here it is right, and nothing is lost
    assert loss.item() == pytest.approx(expected - inside / 2)


@pytest.mark.parametrize("norm", ["L1", "L2"])
@pytest.mark.parametrize("shape", [(1, 1), (7, 5), (65, 33)])
def test_the_backends_agree(device: OpenCLBackend, reference: NumpyBackend, shape: tuple[int, int], norm: str) -> None:
    generator = np.random.default_rng(0)
    x = generator.standard_normal(shape).astype(np.float32)
    labels = generator.integers(0, shape[1], shape[0]).astype(np.int32)
    results: list[Any] = []
    for backend in (device, reference):
        given = backend.asarray(x), backend.asarray(labels)
        (loss,), backward = HingeLoss("loss", {"norm": norm}).forward({}, *given)
        results.append((loss, backward((backend.asarray(np.float32(0.5)),), {})[0]))
    for actual, expected in zip(*results, strict=True):
        assert actual.dtype == expected.dtype == np.float32
        np.testing.assert_allclose(actual.numpy(), expected.numpy(), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("label", [-1, 3])
@pytest.mark.parametrize("norm", ["L1", "L2"])
def test_a_label_that_is_no_class_makes_the_loss_nan(backend: Backend, label: int, norm: str) -> None:
    x = backend.asarray(np.zeros((2, 3), np.float32))
    (loss,), _ = HingeLoss("loss", {"norm": norm}).forward({}, x, backend.asarray(np.array([0, label], np.int32)))
    assert np.isnan(loss.item())


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(NetworkError, match='hinge_loss "loss": expected norm to be "L1" or "L2", got 2'):
        HingeLoss("loss", {"norm": 2})
    with pytest.raises(ShapeError, match=r'hinge_loss "loss": expected scores \(N, C\) and labels'):
        HingeLoss("loss", {}).infer_shapes([(3,), (3,)])
