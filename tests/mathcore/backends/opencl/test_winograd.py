"""Winograd convolutions against NumPy's plain ones: sizes that are no multiple of a tile, at every vector width.

Tolerance: 1e-5 of the largest value for 3 x 3, 2e-5 for 5 x 5. Measured are up to 3e-6 and 1e-5 with 512 channels,
where plain sums in float32 have 4e-7.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mathcore.array import NDArray
from mathcore.backends.geometry import Geometry, geometry
from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl import winograd, winograd_tiles
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.backends.opencl.winograd_tiles import plan_forward, plan_weight_gradient
from mathcore.backends.shapes import Pair, Shape
from tests.mathcore.backends.opencl.comparison import assert_close, assert_same_bits, random_array
from tests.mathcore.backends.opencl.widths import open_as

TOLERANCES = {3: 1e-5, 5: 2e-5}

# x, (K, O), pad
CASES = [
    ((1, 3, 3, 1), (3, 1), (0, 0)),
    ((1, 4, 4, 8), (3, 16), (1, 1)),
    ((3, 13, 18, 21), (3, 35), (1, 1)),
    ((2, 9, 6, 70), (3, 9), (0, 2)),
    ((1, 7, 7, 400), (3, 50), (1, 1)),
    ((3, 12, 12, 20), (5, 50), (0, 0)),
    ((1, 6, 9, 17), (5, 33), (2, 1)),
    ((1, 5, 5, 3), (5, 7), (4, 4)),
]
CPUS = ["4 lanes", "16 lanes"]


@pytest.fixture(scope="module", params=["own", *CPUS])
def on_cpu(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> OpenCLBackend:
    """Return a backend with the kernels of a CPU of one of the vector widths, whatever the device has."""
    if request.param == "own":
        backend = OpenCLBackend()
        return backend if backend.queue.kind == "cpu" else pytest.skip("the default device is no CPU")
    return open_as(request.param, tmp_path_factory.mktemp("programs"))


def shape_of(x_shape: Shape, kernel: tuple[int, int], pad: Pair) -> Geometry:
    side, outputs = kernel
    return geometry("test", x_shape, (side, side, x_shape[3], outputs), stride=(1, 1), pad=pad)


def passes(device: OpenCLBackend, shape: Geometry, *, activation: str = "identity") -> tuple[NDArray, ...]:
    """Return y, dx, dw, db of random x, w, b, dy."""
    x, w, b = (device.asarray(random_array(*size)) for size in (shape.x_shape, shape.w_shape, shape.y_shape[3:]))
    dy = device.asarray(random_array(*shape.y_shape, seed=1))
    y, dx, dw, db = (device.asarray(np.full(like.shape, np.nan, np.float32)) for like in (dy, x, w, b))
    queue = device.queue
    winograd.forward(queue, x.data, w.data, b.data, y.data, shape=shape, activation=activation)
    winograd.data_gradient(queue, dy.data, w.data, dx.data, shape=shape)
    winograd.weight_gradient(queue, x.data, dy.data, dw.data, db.data, shape=shape)
    return y, dx, dw, db


def expected(reference: NumpyBackend, shape: Geometry, *, activation: str = "identity") -> tuple[NDArray, ...]:
    """Return the same from the specification."""
    x, w, b = (reference.asarray(random_array(*size)) for size in (shape.x_shape, shape.w_shape, shape.y_shape[3:]))
    dy = reference.asarray(random_array(*shape.y_shape, seed=1))
    dw, db = reference.empty(shape.w_shape), reference.empty(shape.y_shape[3:])
    y = reference.convolution_2d(x, w, b, stride=(1, 1), pad=shape.pad, activation=activation)
    dx = reference.convolution_2d_data_gradient(dy, w, x_shape=shape.x_shape, stride=(1, 1), pad=shape.pad)
    reference.convolution_2d_weight_gradient(x, dy, dw, db, stride=(1, 1), pad=shape.pad)
    return y, dx, dw, db


def check(device: OpenCLBackend, reference: NumpyBackend, shape: Geometry, *, activation: str = "identity") -> None:
    wanted = expected(reference, shape, activation=activation)
    for actual, exact in zip(passes(device, shape, activation=activation), wanted, strict=True):
        assert_close(actual, exact, tolerance=TOLERANCES[shape.w_shape[0]])


@pytest.mark.parametrize(("x_shape", "kernel", "pad"), CASES, ids=str)
def test_all_passes_agree_with_numpy_at_every_vector_width(
    on_cpu: OpenCLBackend, reference: NumpyBackend, x_shape: Shape, kernel: tuple[int, int], pad: Pair
) -> None:
    check(on_cpu, reference, shape_of(x_shape, kernel, pad))


@pytest.mark.parametrize("kernel", [(3, 20), (5, 20)])
def test_many_weights_and_tiles_are_taken_in_parts(
    on_cpu: OpenCLBackend, reference: NumpyBackend, kernel: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("NEAR_WEIGHTS", -(2**20)), ("INPUT_BYTES", 2**16), ("LEAST_GRADIENT_TILES", 16),
                        ("LONGEST_PASS", 16), ("LONGEST_GRADIENT_PASS", 5)):  # fmt: skip
        monkeypatch.setattr(winograd_tiles, name, value)
    plan_forward.cache_clear()
    plan_weight_gradient.cache_clear()
    check(on_cpu, reference, shape_of((2, 14, 17, 40), kernel, (1, 1)), activation="relu")
    plan_forward.cache_clear()
    plan_weight_gradient.cache_clear()


def test_the_number_of_compute_units_does_not_change_a_bit(tmp_path: Path) -> None:
    many, few = open_as("64 units", tmp_path), open_as("2 units of 8 lanes", tmp_path)
    shapes = (
        shape_of((2, 30, 30, 24), (3, 40), (1, 1)),
        shape_of((2, 14, 14, 160), (3, 140), (1, 1)),
        shape_of((5, 12, 12, 20), (5, 30), (0, 0)),
    )
    for shape in shapes:
        for one, other in zip(passes(many, shape), passes(few, shape), strict=True):
            assert_same_bits(one, other)


def test_values_outside_the_arrays_are_never_used(reference: NumpyBackend, device: OpenCLBackend) -> None:
    """Behind x and w lie NaN, which would spread from the last vector of channels to all outputs."""
    shape = shape_of((1, 5, 5, 3), (3, 5), (0, 0))
    count = 75
    x = device.asarray(np.concatenate([random_array(*shape.x_shape).ravel(), np.full(500, np.nan, np.float32)]))
    w = device.asarray(np.concatenate([random_array(*shape.w_shape).ravel(), np.full(500, np.nan, np.float32)]))
    y = device.empty(shape.y_shape)
    if device.queue.kind != "cpu":
        pytest.skip("the default device is no CPU")
    winograd.forward(device.queue, x.data, w.data, None, y.data, shape=shape, activation="identity")
    images = reference.asarray(x.numpy()[:count].reshape(shape.x_shape))
    weights = reference.asarray(random_array(*shape.w_shape))
    assert_close(y, reference.convolution_2d(images, weights, None, stride=(1, 1), pad=(0, 0)), tolerance=TOLERANCES[3])


def test_a_relu_keeps_nan(device: OpenCLBackend) -> None:
    if device.queue.kind != "cpu":
        pytest.skip("the default device is no CPU")
    shape = shape_of((1, 6, 6, 8), (3, 8), (1, 1))
    x = random_array(*shape.x_shape)
    x[0, 3, 3, 2] = np.nan
    images, w, y = device.asarray(x), device.asarray(random_array(*shape.w_shape)), device.empty(shape.y_shape)
    winograd.forward(device.queue, images.data, w.data, None, y.data, shape=shape, activation="relu")
    assert np.isnan(y.numpy()[0, 2:5, 2:5]).all()


SUITED: dict[tuple[Shape, tuple[int, int], Pair], set[str]] = {
    ((8, 224, 224, 64), (3, 64), (1, 1)): {"forward", "data_gradient", "weight_gradient"},
    ((8, 7, 7, 512), (3, 512), (1, 1)): {"forward", "data_gradient", "weight_gradient"},
    ((64, 12, 12, 20), (5, 50), (0, 0)): {"forward", "data_gradient", "weight_gradient"},
    ((8, 33, 33, 64), (5, 64), (0, 0)): {"forward", "data_gradient", "weight_gradient"},
    ((64, 16, 16, 8), (5, 8), (2, 2)): {"forward", "data_gradient", "weight_gradient"},
    ((64, 6, 6, 16), (5, 32), (0, 0)): set(),
    ((64, 14, 14, 6), (5, 16), (0, 0)): set(),
    ((8, 224, 224, 3), (3, 64), (1, 1)): set(),
    ((8, 14, 14, 64), (1, 64), (0, 0)): set(),
    ((8, 14, 14, 64), (3, 64), (3, 3)): set(),
    ((8, 1, 1, 64), (3, 64), (1, 1)): set(),
    ((0, 14, 14, 64), (3, 64), (1, 1)): set(),
}


@pytest.mark.parametrize(("x_shape", "kernel", "pad"), SUITED, ids=str)
def test_shapes_that_gain_are_chosen(x_shape: Shape, kernel: tuple[int, int], pad: Pair) -> None:
    shape = shape_of(x_shape, kernel, pad)
    operations = {"forward", "data_gradient", "weight_gradient"}
    chosen = {operation for operation in operations if winograd.suits("cpu", shape, operation)}
    assert chosen == SUITED[x_shape, kernel, pad]
    assert not any(winograd.suits("gpu", shape, operation) for operation in operations)
