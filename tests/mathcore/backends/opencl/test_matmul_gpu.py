"""The matrix products of GPUs, run on whatever device there is.

Tolerance: 1e-5 of the largest |y|, the rounding of 16384 products summed one after the other.
"""

from __future__ import annotations

import itertools
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathcore.backends.opencl import matmul_gpu
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.backends.opencl.matmul_gpu import LONGEST_CHUNK, MOST_CHUNKS, TILES, Tile, choose, make_plan, multiply
from tests.mathcore.backends.opencl.comparison import product, random_array

TOLERANCE = 1e-5
TRANSPOSES = tuple(itertools.product((False, True), repeat=2))


def check(device: OpenCLBackend, shape: tuple[int, int, int], *, transposed: tuple[bool, bool]) -> None:
    rows, columns, inner = shape
    a, b = random_array(rows, inner), random_array(inner, columns)
    exact = a.astype(np.float64) @ b.astype(np.float64)
    y = product(device, multiply, a, b, transposed=transposed)
    np.testing.assert_allclose(y, exact, rtol=0, atol=TOLERANCE * np.abs(exact).max(initial=1e-30))


@pytest.mark.parametrize("tile", TILES, ids=lambda tile: f"{tile.rows}x{tile.columns}")
@pytest.mark.parametrize("transposed", [(False, False), (True, True)], ids=["nn", "tt"])  # each operand both ways
@pytest.mark.parametrize("excess", [(4, 8, 12), (3, 5, 1)], ids=["wide", "odd"])
def test_every_tile_multiplies_operands_however_they_lie(
    device: OpenCLBackend, tile: Tile, transposed: tuple[bool, bool], excess: tuple[int, int, int]
) -> None:
    # Given a shape one tile and a bit in each direction, and steps with one that is filled in part
    rows, columns, inner = tile.rows + excess[0], tile.columns + excess[1], 4 * tile.step + excess[2]
    # When it is made in two chunks of that tile
    make_plan.cache_clear()
    with mock.patch.object(matmul_gpu, "choose", return_value=(tile, 3 * tile.step)):
        check(device, (rows, columns, inner), transposed=transposed)
    make_plan.cache_clear()


@given(
    shape=st.tuples(st.integers(1, 70), st.integers(1, 70), st.integers(0, 200)),
    transposed=st.sampled_from(TRANSPOSES),
)
@settings(deadline=None, max_examples=40)
def test_small_products_of_any_shape(
    device: OpenCLBackend, shape: tuple[int, int, int], transposed: tuple[bool, bool]
) -> None:
    check(device, shape, transposed=transposed)


@pytest.mark.parametrize("shape", [(40, 24, 3000), (1, 1, 5000), (1, 300, 700), (300, 1, 700), (5, 3, 40_001)])
def test_few_sums_are_cut_into_chunks(device: OpenCLBackend, shape: tuple[int, int, int]) -> None:
    assert make_plan(*shape, False, False).chunks > 1
    check(device, shape, transposed=(False, False))


@pytest.mark.parametrize("shape", [(0, 3, 4), (3, 0, 4), (3, 4, 0), (0, 0, 0)])
def test_a_product_of_nothing_is_zero(device: OpenCLBackend, shape: tuple[int, int, int]) -> None:
    check(device, shape, transposed=(False, False))


def test_the_same_product_has_the_same_bits(device: OpenCLBackend) -> None:
    a, b = random_array(45, 1500), random_array(1500, 33)
    first, second = (product(device, multiply, a, b, transposed=(False, False)) for _ in range(2))
    assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("transposed", TRANSPOSES, ids=["nn", "nt", "tn", "tt"])
def test_a_nan_stays_in_its_row_and_an_infinity_in_its_column(
    device: OpenCLBackend, transposed: tuple[bool, bool]
) -> None:
    # Given the last row and the last column, which are read again in place of those past the matrix
    a, b = np.abs(random_array(37, 21)) + 1, np.abs(random_array(21, 35)) + 1
    a[-1, -1], b[-1, -1] = np.nan, np.inf
    y = product(device, multiply, a, b, transposed=transposed)
    assert np.isfinite(y[:-1, :-1]).all()
    assert np.isnan(y[-1]).all()
    assert np.isinf(y[:-1, -1]).all()


def test_an_operand_may_be_a_view_with_nothing_behind_it(device: OpenCLBackend) -> None:
    # Given operands between other values of one array, the last of them NaN
    start = 256
    values = np.full(3 * start, np.nan, np.float32)
    a, b = random_array(7, 5), random_array(5, 3)
    values[start : start + 35], values[2 * start : 2 * start + 15] = a.ravel(), b.ravel()
    whole = device.asarray(values)
    x, w = device.view(whole, start, a.shape), device.view(whole, 2 * start, b.shape)
    y = device.empty((7, 3))
    multiply(
        device.queue, x.data, w.data, y.data, rows=7, columns=3, inner=5, transpose_a=False, transpose_b=False
    )
    np.testing.assert_allclose(y.numpy(), a.astype(np.float64) @ b, rtol=0, atol=TOLERANCE * 10)


@given(
    rows=st.integers(1, 1 << 17), columns=st.integers(1, 1 << 17), inner=st.integers(1, 1 << 17)
)
@settings(deadline=None, max_examples=200)
def test_chunks_cover_the_sums_and_are_short_enough(rows: int, columns: int, inner: int) -> None:
    tile, chunk = choose(rows, columns, inner)
    chunks = make_plan(rows, columns, inner, False, True).chunks
    assert chunk % tile.step == 0
    assert (chunks - 1) * chunk < inner <= chunks * chunk
    assert chunks <= MOST_CHUNKS
    assert chunks == 1 or chunks * rows * columns <= matmul_gpu.MOST_PARTIAL
    assert chunk <= LONGEST_CHUNK or 2 * chunks * rows * columns > matmul_gpu.MOST_PARTIAL


def test_large_products_take_the_large_tile_whole() -> None:
    for size in (2048, 4096, 8192):
        assert choose(size, size, size) == (TILES[0], size)


@pytest.mark.gpu
@pytest.mark.parametrize("shape", [(2048, 2048, 2048), (1023, 2047, 4097), (64, 128, 100_000)])
@pytest.mark.parametrize("transposed", TRANSPOSES, ids=["nn", "nt", "tn", "tt"])
def test_large_products_of_a_gpu(
    device: OpenCLBackend, shape: tuple[int, int, int], transposed: tuple[bool, bool]
) -> None:
    check(device, shape, transposed=transposed)
