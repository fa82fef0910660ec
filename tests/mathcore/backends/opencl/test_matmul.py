"""Matrix products and the linear layer against NumPy at odd sizes, size one and size zero."""

from __future__ import annotations

import numpy as np
import pytest

from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.errors import DTypeError, ShapeError
from tests.mathcore.backends.opencl.comparison import assert_close, random_array

SIZES = [
    (1, 1, 1), (3, 5, 7), (64, 800, 500), (64, 500, 10), (17, 33, 129), (2000, 30, 20), (1, 1000, 3), (5, 1, 300),
    (8, 700, 401), (0, 3, 4), (3, 4, 0), (3, 0, 4),
]  # fmt: skip

# A sum of 2,000 products in float32 errs by a few units in the last place of the largest sum.
TOLERANCE = 1e-5


@pytest.mark.parametrize("transpose_a", [False, True])
@pytest.mark.parametrize("transpose_b", [False, True])
@pytest.mark.parametrize(("rows", "inner", "columns"), SIZES)
def test_products_agree_with_numpy(
    device: OpenCLBackend, reference: NumpyBackend, rows: int, inner: int, columns: int, transpose_a: bool,
    transpose_b: bool,
) -> None:  # fmt: skip
    a = random_array(*((inner, rows) if transpose_a else (rows, inner)))
    b = random_array(*((columns, inner) if transpose_b else (inner, columns)), seed=1)
    actual, expected = (
        backend.matmul(backend.asarray(a), backend.asarray(b), transpose_a=transpose_a, transpose_b=transpose_b)
        for backend in (device, reference)
    )
    assert_close(actual, expected, tolerance=TOLERANCE)


@pytest.mark.parametrize("dtype", [np.float32, np.int32, np.uint8])
@pytest.mark.parametrize(
    "shape", [(3, 5, 7, 9), (2, 64, 33, 1), (1, 4, 1, 130), (0, 2, 3, 4), (2, 3, 0, 4), (2, 0, 3, 4)]
)
def test_products_of_stacks_agree_with_numpy(
    device: OpenCLBackend, reference: NumpyBackend, shape: tuple[int, int, int, int], dtype: type
) -> None:
    batch, rows, inner, columns = shape
    a: np.ndarray = (random_array(batch, rows, inner) * 100).astype(np.int32).astype(dtype)
    b: np.ndarray = (random_array(batch, inner, columns) * 1e8).astype(np.int32).astype(dtype)
    actual, expected = (x.matmul_batched(x.asarray(a), x.asarray(b)) for x in (device, reference))
    assert_close(actual, expected, tolerance=TOLERANCE if dtype is np.float32 else 0)


@pytest.mark.parametrize("columns", [256, 257])
def test_large_matrices_of_a_stack_are_multiplied_one_by_one(
    device: OpenCLBackend, reference: NumpyBackend, columns: int
) -> None:
    a, b = random_array(2, 256, 256), random_array(2, 256, columns)
    actual, expected = (x.matmul_batched(x.asarray(a), x.asarray(b)) for x in (device, reference))
    assert_close(actual, expected, tolerance=TOLERANCE)


@pytest.mark.parametrize(("examples", "inputs", "outputs"), [s for s in SIZES if s[1]])
def test_linear_layer_and_its_gradients_agree_with_numpy(
    device: OpenCLBackend, reference: NumpyBackend, examples: int, inputs: int, outputs: int
) -> None:
    x, w, b = random_array(examples, inputs), random_array(inputs, outputs), random_array(outputs)
    dy = random_array(examples, outputs)
    results = []
    for backend in (device, reference):
        dw, db = backend.asarray(w), backend.asarray(b)
        backend.linear_weight_gradient(backend.asarray(x), backend.asarray(dy), dw, db)
        results.append(
            (
                backend.linear(backend.asarray(x), backend.asarray(w), backend.asarray(b)),
                backend.linear(backend.asarray(x), backend.asarray(w), None),
                backend.linear_data_gradient(backend.asarray(dy), backend.asarray(w)),
                dw,
                db,
            )
        )
    for actual, expected in zip(*results, strict=True):
        assert_close(actual, expected, tolerance=TOLERANCE)


def test_what_lies_behind_the_rows_does_not_leak_into_a_product(device: OpenCLBackend) -> None:
    """Vectors are loaded past the end of rows: NaN there must not show."""
    vector = device.asarray(np.full(2048, np.nan, np.float32))
    a, b = device.view(vector, 0, (3, 5)), device.view(vector, 1024, (4, 5))
    device.write(a, np.ones((3, 5), np.float32))
    device.write(b, np.ones((4, 5), np.float32))
    np.testing.assert_array_equal(device.matmul(a, b, transpose_b=True).numpy(), np.full((3, 4), 5, np.float32))


def test_a_weight_gradient_is_written_inside_its_view_only(device: OpenCLBackend) -> None:
    vector = device.asarray(np.full(1024, 7, np.float32))
    dw, db = device.view(vector, 256, (3, 5)), device.view(vector, 512, (5,))
    ones = np.ones((4, 5), np.float32)
    device.linear_weight_gradient(device.asarray(ones[:, :3]), device.asarray(ones), dw, db)
    expected = np.full(1024, 7, np.float32)
    expected[256:271] = expected[512:517] = 4
    np.testing.assert_array_equal(vector.numpy(), expected)


def test_shapes_and_types_that_do_not_fit_are_refused(device: OpenCLBackend) -> None:
    a = device.zeros((2, 3))
    with pytest.raises(ShapeError, match=r"matmul: expected \(M, K\) and \(K, N\), got \(2, 3\) and \(2, 3\)"):
        device.matmul(a, a)
    with pytest.raises(DTypeError, match="matmul: expected float32, got int32"):
        device.matmul(a, device.zeros((3, 2), np.int32))
    with pytest.raises(ShapeError, match=r"linear: expected b of shape \(2,\), got \(3,\)"):
        device.linear(a, device.zeros((3, 2)), device.zeros((3,)))
    with pytest.raises(ShapeError, match="linear_weight_gradient: expected dw of shape"):
        device.linear_weight_gradient(a, device.zeros((2, 4)), device.zeros((4, 3)), None)
