"""The layers that apply a function to every element, softmax, maxout and local response normalization."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mathcore import NetworkError, ShapeError
from mathcore.backends.base import Backend
from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.layers import Layer, create_layer

# type, params, shapes
CASES: list[tuple[str, dict[str, Any], list[tuple[int, ...]]]] = [
    ("leaky_relu", {}, [(3, 7), (2, 3, 5, 2)]),
    ("leaky_relu", {"slope": 0.3}, [(5, 33)]),
    ("sigmoid", {}, [(1, 1), (3, 70)]),
    ("tanh", {}, [(1, 1), (3, 70)]),
    ("gelu", {}, [(1, 1), (3, 70)]),
    ("gelu", {"approximate": "tanh"}, [(1, 1), (3, 70)]),
    ("maxout", {"group": 3}, [(2, 3), (5, 4, 3, 9)]),
    ("maxout", {"group": 1}, [(2, 5)]),
    ("softmax", {}, [(1, 1), (5, 10), (2, 3, 4, 7), (2, 1000)]),
    ("lrn", {"alpha": 0.7, "k": 2}, [(2, 1), (3, 2, 2, 33), (1, 96)]),
    ("lrn", {"alpha": 0.7, "size": 1, "beta": 0.5}, [(3, 7)]),
    ("lrn", {"alpha": 0.7, "size": 21}, [(2, 5), (2, 40)]),
]
EACH = [(kind, params, shape) for kind, params, shapes in CASES for shape in shapes]


def images(shape: tuple[int, ...]) -> np.ndarray:
    return 3 * np.random.default_rng([5, *shape]).standard_normal(shape)


@pytest.mark.parametrize(("kind", "params", "shape"), EACH, ids=str)
def test_gradients_agree_with_central_differences(
    check_gradient: Callable[[Layer, list[np.ndarray]], None],
    kind: str, params: dict[str, Any], shape: tuple[int, ...],
) -> None:  # fmt: skip
    check_gradient(create_layer(kind, "layer", params), [images(shape)])


@pytest.mark.parametrize(("kind", "params", "shape"), EACH, ids=str)
def test_the_backends_agree(
    device: OpenCLBackend, reference: NumpyBackend, kind: str, params: dict[str, Any], shape: tuple[int, ...]
) -> None:
    x = images(shape).astype(np.float32)
    results = []
    for backend in (device, reference):
        layer = create_layer(kind, "layer", params)
        (expected_shape,) = layer.infer_shapes([shape[1:]])
        (y,), backward = layer.forward({}, backend.asarray(x))
        assert y.shape == (shape[0], *expected_shape)
        dy = np.random.default_rng(2).standard_normal(y.shape).astype(np.float32)
        (dx,) = backward((backend.asarray(dy),), {})
        assert dx is not None
        results.append((y.numpy(), dx.numpy()))
    for actual, expected in zip(*results, strict=True):
        assert actual.dtype == expected.dtype == np.float32
        # Powers and erf may err by 16 units in the last place, and gelu takes differences of them.
        np.testing.assert_allclose(actual, expected, rtol=0, atol=5e-6 * max(1e-3, float(np.abs(expected).max())))


def test_large_values_do_not_overflow(backend: Backend) -> None:
    x = backend.asarray(np.array([[-1e4, 0, 1e4]], np.float32))
    for kind, expected in (
        ("sigmoid", [0, 0.5, 1]),
        ("tanh", [-1, 0, 1]),
        ("gelu", [0, 0, 1e4]),
        ("softmax", [0, 0, 1]),
    ):
        (y,), backward = create_layer(kind, "layer", {}).forward({}, x)
        assert y.numpy().tolist() == [expected]
        (dx,) = backward((x,), {})
        assert dx is not None
        assert np.isfinite(dx.numpy()).all()


def test_the_error_function_is_near_the_exact_one(backend: Backend) -> None:
    x = np.linspace(-5, 5, 1001, dtype=np.float32)
    exact = np.array([math.erf(float(value)) for value in x])
    actual = backend.elementwise("erf", backend.asarray(x)).numpy()
    np.testing.assert_allclose(actual, exact, rtol=16 * 2.0**-24 * 2, atol=0)  # 16 units in the last place


def test_gelu_equals_its_formula(backend: Backend) -> None:
    x = backend.asarray(np.array([[-1, 0.5, 2]], np.float32))
    (y,), _ = create_layer("gelu", "layer", {}).forward({}, x)
    np.testing.assert_allclose(y.numpy()[0], [-0.15865526, 0.34573123, 1.95449974], rtol=1e-6)
    (y,), _ = create_layer("gelu", "layer", {"approximate": "tanh"}).forward({}, x)
    np.testing.assert_allclose(y.numpy()[0], [-0.15880801, 0.34571401, 1.95459769], rtol=1e-6)


def test_the_first_of_equal_maxima_gets_the_gradient(backend: Backend) -> None:
    layer = create_layer("maxout", "layer", {"group": 2})
    (y,), backward = layer.forward({}, backend.asarray(np.array([[1, 1, 0, 3]], np.float32)))
    assert y.numpy().tolist() == [[1, 3]]
    (dx,) = backward((backend.asarray(np.array([[5, 7]], np.float32)),), {})
    assert dx is not None
    assert dx.numpy().tolist() == [[5, 0, 0, 7]]


def test_windows_of_channels_end_with_the_channels(backend: Backend) -> None:
    layer = create_layer("lrn", "layer", {"size": 3, "alpha": 3, "beta": 1, "k": 1})
    (y,), _ = layer.forward({}, backend.asarray(np.ones((1, 4), np.float32)))
    np.testing.assert_allclose(y.numpy(), [[1 / 3, 1 / 4, 1 / 4, 1 / 3]], rtol=1e-6)


@pytest.mark.parametrize(
    ("kind", "params", "message"),
    [
        ("leaky_relu", {"slope": "steep"}, "expected slope to be a number of -1e+06 to 1e+06, got 'steep'"),
        ("sigmoid", {"slope": 1}, "unknown param 'slope'; params: none"),
        ("gelu", {"approximate": "erf"}, 'expected approximate to be "none" or "tanh", got'),
        ("maxout", {}, "expected param group (a whole number of 1 to"),
        ("lrn", {"size": 4}, "expected size to be odd, got 4; use 5"),
        ("lrn", {"k": 0}, "expected k to be a number of 1e-06 to 1e+06, got 0"),
    ],
)
def test_wrong_params_are_named(kind: str, params: dict[str, Any], message: str) -> None:
    with pytest.raises(NetworkError) as error:
        create_layer(kind, "layer", params)
    assert str(error.value).startswith(f'{kind} "layer": {message}')


@pytest.mark.parametrize(("kind", "params"), [("maxout", {"group": 2}), ("softmax", {}), ("lrn", {})])
def test_what_has_no_channels_is_named(kind: str, params: dict[str, Any]) -> None:
    with pytest.raises(ShapeError, match=rf'{kind} "layer": expected x .* got \(N,\); '):
        create_layer(kind, "layer", params).infer_shapes([()])
