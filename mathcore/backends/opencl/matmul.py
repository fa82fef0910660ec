"""Matrix products and the linear layer on device arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mathcore.array import NDArray
from mathcore.backends.opencl.arrays import check_float32
from mathcore.backends.opencl.product import multiply, multiply_transposed
from mathcore.backends.opencl.windows import matrix_windows
from mathcore.backends.shapes import matmul_shape
from mathcore.errors import ShapeError

if TYPE_CHECKING:
    from mathcore.backends.opencl.backend import OpenCLBackend

TRANSPOSED = "matmul_transposed.cl"
ROWS_A, ROWS_B = 3, 4
"""The register tile of ``matmul_transposed.cl``."""
TILES_A, TILES_B = 64, 8
"""Tiles that a work-item takes on a CPU."""


def matmul(backend: OpenCLBackend, a: NDArray, b: NDArray, *, transpose_a: bool, transpose_b: bool) -> NDArray:
    """Return the product of two matrices, each given transposed if so flagged."""
    check_float32("matmul", a, b)
    rows, columns = matmul_shape(a.shape, b.shape, transpose_a=transpose_a, transpose_b=transpose_b)
    if transpose_a and transpose_b:
        a, transpose_a = a.T, False
    inner = a.shape[0] if transpose_a else a.shape[1]
    if inner == 0:
        return backend.zeros((rows, columns))
    y = backend.empty((rows, columns))
    if transpose_b:
        _multiply_by_transposed(backend, a, b, y)
    elif transpose_a:
        windows = matrix_windows(inner, rows)
        multiply_transposed(backend.queue, a.data, b.data, y.data, None, windows=windows, outputs=columns)
    else:
        multiply(backend.queue, a.data, b.data, None, y.data, windows=matrix_windows(rows, inner), outputs=columns)
    return y


def linear(backend: OpenCLBackend, x: NDArray, w: NDArray, b: NDArray | None) -> NDArray:
    """Return ``x @ w + b``: (N, I), (I, O), (O,) to (N, O)."""
    check_float32("linear", x, w, b)
    shape = matmul_shape(x.shape, w.shape, transpose_a=False, transpose_b=False)
    if b is not None and b.shape != shape[1:]:
        raise ShapeError(f"linear: expected b of shape {shape[1:]}, got {b.shape}")
    y = backend.empty(shape)
    windows = matrix_windows(*x.shape)
    multiply(backend.queue, x.data, w.data, None if b is None else b.data, y.data, windows=windows, outputs=shape[1])
    return y


def linear_data_gradient(backend: OpenCLBackend, dy: NDArray, w: NDArray) -> NDArray:
    """Return ``dy @ w.T``: (N, I)."""
    return matmul(backend, dy, w, transpose_a=False, transpose_b=True)


def linear_weight_gradient(backend: OpenCLBackend, x: NDArray, dy: NDArray, dw: NDArray, db: NDArray | None) -> None:
    """Write ``x.T @ dy`` into ``dw`` and the column sums of ``dy`` into ``db``."""
    check_float32("linear_weight_gradient", x, dy, dw, db)
    shape = matmul_shape(x.shape, dy.shape, transpose_a=True, transpose_b=False)
    if dw.shape != shape or (db is not None and db.shape != shape[1:]):
        raise ShapeError(f"linear_weight_gradient: expected dw of shape {shape} and db of {shape[1:]}, got {dw.shape}")
    if x.shape[0] == 0:
        backend.clear(dw, db)
        return
    windows = matrix_windows(*x.shape)
    target = None if db is None else db.data
    multiply_transposed(backend.queue, x.data, dy.data, dw.data, target, windows=windows, outputs=shape[1])


def _multiply_by_transposed(backend: OpenCLBackend, a: NDArray, b: NDArray, y: NDArray) -> None:
    """Set y = a @ b.T: (M, O) by (I, O)."""
    rows, columns = y.shape
    tiles_a, tiles_b = (TILES_A, TILES_B) if backend.queue.kind == "cpu" else (1, 1)
    rows_a, rows_b = ROWS_A * tiles_a, ROWS_B * tiles_b
    blocks_a = -(-rows // rows_a)
    items = blocks_a * -(-columns // rows_b)
    numbers = (blocks_a, rows_a, rows_b, rows, columns, a.shape[1])
    macros = (("AR", ROWS_A), ("BR", ROWS_B))
    backend.queue.launch(TRANSPOSED, "matmul_transposed", items, (a.data, b.data, y.data), numbers, macros)
