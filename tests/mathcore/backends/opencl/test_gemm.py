"""The matrix products of CPUs: every kernel, at every vector width, run on whatever device there is.

Tolerance: 1e-5 of the largest |y|, the rounding of a few thousand products summed one after the other.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathcore.backends.opencl import gemm
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.backends.opencl.gemm import MOST_FEW_ROWS, MOST_NEAR_COLUMNS, MOST_OWN_PANEL_ROWS, multiply, plan
from mathcore.backends.opencl.gemm_tiles import TILE, Cut
from mathcore.backends.opencl.program import Programs
from mathcore.backends.opencl.tuning import Tuning
from tests.mathcore.backends.opencl.comparison import product, random_array

TOLERANCE = 1e-5
TRANSPOSES = tuple(itertools.product((False, True), repeat=2))
FAR = MOST_NEAR_COLUMNS + 7
TALL = MOST_OWN_PANEL_ROWS + 5

# Rows, inner, columns; and the kernels that make the product where A and B lie as they are.
KERNELS = {
    (1, 300, 70): ["gemm_few_rows"],
    (MOST_FEW_ROWS, 70, 300): ["gemm_few_rows"],
    (300, 70, 1): ["matmul_transposed"],
    (50, 700, 43): ["gemm"],
    (TALL, 31, 9): ["gemm"],
    (TALL, 400, 43): ["gemm_pack_b", "gemm"],
    (TALL, 400, FAR): ["gemm_pack_a", "gemm_pack_b", "gemm"],
}


@pytest.fixture(scope="module", params=sorted(TILE))
def on_cpu(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> OpenCLBackend:
    """Return a backend whose kernels have one of the vector widths of CPUs, whatever the device has."""
    backend = OpenCLBackend()
    queue = backend.queue
    queue.tuning = replace(queue.tuning, vector=request.param, local=1, items=16)
    queue._programs = Programs(queue._context, queue.device, queue.tuning.macros, tmp_path_factory.mktemp("programs"))
    return backend


def check(device: OpenCLBackend, shape: tuple[int, int, int], *, transposed: tuple[bool, bool]) -> None:
    """Assert that a product of random matrices, laid out as ``transposed`` says, is NumPy's in float64."""
    rows, inner, columns = shape
    a, b = random_array(rows, inner), random_array(inner, columns)
    exact = a.astype(np.float64) @ b.astype(np.float64)
    y = product(device, multiply, a, b, transposed=transposed)
    np.testing.assert_allclose(y, exact, rtol=0, atol=TOLERANCE * np.abs(exact).max(initial=1e-30))


def tuning_of(device: OpenCLBackend) -> Tuning:
    return replace(device.queue.tuning, vector=8, items=16)


@pytest.mark.parametrize("shape", KERNELS, ids=lambda shape: "x".join(map(str, shape)))
def test_every_kernel_multiplies_at_every_vector_width(on_cpu: OpenCLBackend, shape: tuple[int, int, int]) -> None:
    check(on_cpu, shape, transposed=(False, False))


@pytest.mark.parametrize("shape", KERNELS, ids=lambda shape: "x".join(map(str, shape)))
def test_the_shape_chooses_the_kernel(device: OpenCLBackend, shape: tuple[int, int, int]) -> None:
    launches, *_ = plan(tuning_of(device), shape[0], shape[2], shape[1], False, False)
    assert [launch[1] for launch in launches] == KERNELS[shape]


@pytest.mark.parametrize("transposed", TRANSPOSES[1:], ids=["nt", "tn", "tt"])
@pytest.mark.parametrize("shape", [(30, 43, 50), (TALL, 19, FAR), (9, 33, 100), (40, 33, 1)])
def test_operands_may_lie_transposed_at_every_vector_width(
    on_cpu: OpenCLBackend, shape: tuple[int, int, int], transposed: tuple[bool, bool]
) -> None:
    check(on_cpu, shape, transposed=transposed)


@settings(deadline=None, max_examples=40)
@given(
    st.tuples(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40))
    | st.tuples(st.integers(1, 300), st.integers(1, 20), st.integers(1, 600)),
    st.sampled_from(TRANSPOSES),
)
def test_products_of_any_shape(
    device: OpenCLBackend, shape: tuple[int, int, int], transposed: tuple[bool, bool]
) -> None:
    if device.queue.tuning.local == 1:  # else the kernels of this device are those of GPUs
        check(device, shape, transposed=transposed)


@pytest.mark.parametrize("vector", sorted(TILE))
def test_tiles_cover_all_rows_and_few_more(vector: int) -> None:
    tile = TILE[vector]
    for rows in range(1, 100):
        cut = Cut(rows, 1, 1, False, False, vector)
        assert cut.large * tile.rows + cut.small * tile.small_rows == cut.all_rows
        assert rows <= cut.all_rows < rows + tile.small_rows
        assert rows < 2 * tile.rows or cut.all_rows - rows <= tile.rows // 4


def test_wide_matrices_are_taken_in_parts(device: OpenCLBackend) -> None:
    if device.queue.tuning.local > 1:
        pytest.skip("the kernels of this device are those of GPUs")
    plan.cache_clear()
    with mock.patch.object(gemm, "MOST_PANEL_BYTES", 100_000):
        launches, *_ = plan(device.queue.tuning, TALL, FAR, 150, False, False)
        assert [launch[1] for launch in launches].count("gemm") > 2
        check(device, (TALL, 150, FAR), transposed=(False, False))
        check(device, (TALL, 150, FAR), transposed=(True, True))
    plan.cache_clear()


@pytest.mark.parametrize("transposed", TRANSPOSES, ids=["nn", "nt", "tn", "tt"])
@pytest.mark.parametrize("shape", KERNELS, ids=lambda shape: "x".join(map(str, shape)))
def test_the_order_of_sums_does_not_depend_on_the_number_of_compute_units(
    device: OpenCLBackend, shape: tuple[int, int, int], transposed: tuple[bool, bool]
) -> None:
    def orders(items: int) -> list[tuple[str, object]]:
        tuning = replace(tuning_of(device), items=items)
        launches, *_ = plan(tuning, shape[0], shape[2], shape[1], *transposed)
        return [(launch[1], launch[4][6] if launch[1] == "gemm" else None) for launch in launches]

    assert orders(8) == orders(16) == orders(1024)


def test_results_have_the_same_bits_for_any_number_of_work_items(device: OpenCLBackend) -> None:
    if device.queue.tuning.local > 1:
        pytest.skip("the kernels of this device are those of GPUs")
    a, b = device.asarray(random_array(TALL, 800)), device.asarray(random_array(800, 90))
    expected = device.matmul(a, b).numpy()
    with mock.patch.object(device.queue, "tuning", replace(device.queue.tuning, items=200)):
        np.testing.assert_array_equal(device.matmul(a, b).numpy(), expected)


def test_what_lies_behind_the_operands_does_not_leak_into_a_product(device: OpenCLBackend) -> None:
    """Rows past the last and columns past the last are computed in vain: NaN there must not show."""
    vector = device.asarray(np.full(8192, np.nan, np.float32))
    a, b = device.view(vector, 0, (27, 35)), device.view(vector, 4096, (35, 21))
    device.write(a, np.ones((27, 35), np.float32))
    device.write(b, np.ones((35, 21), np.float32))
    np.testing.assert_array_equal(device.matmul(a, b).numpy(), np.full((27, 21), 35, np.float32))
    a, b = device.reshape(a, (35, 27)), device.reshape(b, (21, 35))
    y = device.matmul(a, b, transpose_a=True, transpose_b=True)
    np.testing.assert_array_equal(y.numpy(), np.full((27, 21), 35, np.float32))
