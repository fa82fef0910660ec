"""Packed products that read through windows, against NumPy at every vector width of CPUs, whatever the device."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest import mock

import numpy as np
import pytest

from mathcore.backends.geometry import Geometry
from mathcore.backends.numpy import convolution
from mathcore.backends.opencl import convolution_gemm
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.backends.opencl.convolution_taps import gradient_taps, window_taps
from mathcore.backends.opencl.gemm_tiles import TILE
from mathcore.backends.opencl.program import Programs
from tests.mathcore.backends.opencl.comparison import random_array

# x, (KH, KW, O), stride, pad, dilation, groups
CASES = [
    ((1, 1, 1, 1), (1, 1, 1), (1, 1), (0, 0), (1, 1), 1),
    ((3, 9, 7, 13), (3, 2, 21), (1, 2), (1, 1), (1, 1), 1),
    ((2, 15, 14, 70), (3, 3, 37), (2, 2), (1, 1), (1, 1), 1),
    ((2, 8, 8, 130), (1, 1, 300), (2, 2), (0, 0), (1, 1), 1),
    ((2, 10, 9, 24), (3, 3, 20), (2, 3), (2, 1), (3, 2), 2),
    ((9, 14, 12, 3), (7, 7, 18), (2, 2), (3, 3), (1, 1), 1),
    ((1, 5, 5, 6), (4, 4, 6), (4, 3), (3, 2), (2, 1), 3),
    ((1, 2, 3, 5), (1, 1, 4), (3, 5), (0, 0), (1, 1), 1),
]
TOLERANCE = 2e-5
"""Of the largest element: rounding of sums of up to 3,000 products."""


@pytest.fixture(scope="module", params=sorted(TILE))
def on_cpu(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> OpenCLBackend:
    """Return a backend whose kernels have one of the vector widths of CPUs, whatever the device has."""
    backend = OpenCLBackend()
    queue = backend.queue
    queue.tuning = replace(queue.tuning, vector=request.param, local=1, items=16)
    queue._programs = Programs(queue._context, queue.device, queue.tuning.macros, tmp_path_factory.mktemp("programs"))
    return backend


def geometry_of(case: tuple[Any, ...]) -> Geometry:
    x_shape, (height, width, outputs), stride, pad, dilation, groups = case
    w_shape = (height, width, x_shape[3] // groups, outputs)
    return Geometry(x_shape, w_shape, stride, pad, dilation, groups)


def run(backend: OpenCLBackend, shape: Geometry) -> list[np.ndarray]:
    """Return y with bias and ReLU, dx, dw and db as the kernels compute them, over memory full of NaN."""
    x, w, dy = random_array(*shape.x_shape), random_array(*shape.w_shape), random_array(*shape.y_shape, seed=1)
    images, weights, gradient = (backend.asarray(values) for values in (x, w, dy))
    bias = backend.asarray(random_array(shape.y_shape[3]))
    results = [shape.y_shape, shape.x_shape, shape.w_shape, shape.y_shape[3:]]
    y, dx, dw, db = (backend.asarray(np.full(size, np.nan, np.float32)) for size in results)
    queue = backend.queue
    convolution_gemm.forward(queue, images.data, weights.data, bias.data, y.data, shape=shape, activation="relu")
    convolution_gemm.data_gradient(queue, gradient.data, weights.data, dx.data, shape=shape)
    convolution_gemm.weight_gradient(queue, images.data, gradient.data, dw.data, db.data, shape=shape)
    return [array.numpy() for array in (y, dx, dw, db)]


def expected(shape: Geometry) -> list[np.ndarray]:
    """Return the same in float64."""
    x, w, dy = random_array(*shape.x_shape), random_array(*shape.w_shape), random_array(*shape.y_shape, seed=1)
    x, w, dy, b = (values.astype(np.float64) for values in (x, w, dy, random_array(shape.y_shape[3])))
    form: dict[str, Any] = {
        "stride": shape.stride, "pad": shape.pad, "dilation": shape.dilation, "groups": shape.groups,
    }  # fmt: skip
    dw, db = np.empty_like(w), np.empty_like(b)
    convolution.weight_gradient(x, dy, dw, db, **form)
    y = convolution.convolution_2d(x, w, b, activation="relu", **form)
    return [y, convolution.data_gradient(dy, w, x_shape=x.shape, **form), dw, db]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_products_agree_with_numpy_at_every_vector_width(on_cpu: OpenCLBackend, case: tuple[Any, ...]) -> None:
    shape = geometry_of(case)
    for got, wanted in zip(run(on_cpu, shape), expected(shape), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=0, atol=TOLERANCE * max(np.abs(wanted).max(), 1e-30))


@pytest.mark.parametrize("case", [CASES[2], CASES[4], ((8, 40, 40, 8), (1, 1, 9), (1, 1), (0, 0), (1, 1), 1)], ids=str)
def test_results_have_the_same_bits_for_any_number_of_work_items(device: OpenCLBackend, case: tuple[Any, ...]) -> None:
    if device.queue.tuning.local > 1:
        pytest.skip("the kernels of this device are those of GPUs")
    shape = geometry_of(case)
    wanted = run(device, shape)
    with mock.patch.object(device.queue, "tuning", replace(device.queue.tuning, items=200)):
        for got, same in zip(run(device, shape), wanted, strict=True):
            np.testing.assert_array_equal(got, same)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_taps_of_a_gradient_reach_every_pixel_once_and_back(case: tuple[Any, ...]) -> None:
    """A pixel of dx and an output of y belong together in one direction if and only if they do in the other."""
    shape = geometry_of(case)
    forth = set()
    taps = window_taps(shape)
    for i, a in np.ndindex(taps.shape[0], taps.grid[0]):
        row = taps.first[0] + i * taps.step[0] + a * taps.dilation[0]
        if 0 <= row < shape.x_shape[1]:
            forth.add((row, i, a))
    back, pixels = set(), set()
    for taps in gradient_taps(shape):
        pixels |= {taps.at[0] + i * taps.out[0] for i in range(taps.shape[0])}
        for i, a in np.ndindex(taps.shape[0], taps.grid[0]):
            row = taps.first[0] + i + a * taps.dilation[0]
            if 0 <= row < shape.y_shape[1]:
                back.add((taps.at[0] + i * taps.out[0], row, taps.kernel[1] + a * taps.kernel[2]))
    assert pixels == set(range(shape.x_shape[1]))
    if all(taps.grid[1] for taps in gradient_taps(shape)):
        assert back == forth
    else:
        assert back <= forth
