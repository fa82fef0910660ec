"""Matrix products and the linear layer on device arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mathcore.array import NDArray
from mathcore.backends.opencl import gemm, matmul_gpu
from mathcore.backends.opencl.arrays import C_TYPES, FLOAT32, check_float32
from mathcore.backends.opencl.product import multiply, multiply_transposed
from mathcore.backends.opencl.windows import matrix_windows
from mathcore.backends.shapes import matmul_batched_shape, matmul_shape
from mathcore.errors import ShapeError

if TYPE_CHECKING:
    from mathcore.backends.opencl.array_backend import OpenCLArrays
    from mathcore.backends.opencl.queue import DeviceQueue

BATCHED = "matmul_batched.cl"
BATCHED_ROWS, BATCHED_VECTORS = 4, 2
"""Rows and vectors of columns of a work-item of ``matmul_batched.cl``."""
LEAST_OPERATIONS = 1 << 23
"""Multiply-adds of a float32 matrix of a stack that is worth launches of its own: 1.4 times the speed at 256 x 256, 0.7
at 128 x 128 (Zen 3)."""
LEAST_STREAM = 1 << 18
"""Weights of a linear layer that are worth reading in one stream: twice the speed for 25,088 x 4,096 and 8 examples."""
TRANSPOSED = "matmul_transposed.cl"
ROWS_A, ROWS_B = 3, 4
"""The register tile of ``matmul_transposed.cl``."""
TILES_A, TILES_B = 64, 8
"""Tiles that a work-item takes on a CPU."""


def matmul(backend: OpenCLArrays, a: NDArray, b: NDArray, *, transpose_a: bool, transpose_b: bool) -> NDArray:
    """Return the product of two matrices, each given transposed if so flagged."""
    check_float32("matmul", a, b)
    rows, columns = matmul_shape(a.shape, b.shape, transpose_a=transpose_a, transpose_b=transpose_b)
    inner = a.shape[0] if transpose_a else a.shape[1]
    if inner == 0:
        return backend.zeros((rows, columns))
    y = backend.empty((rows, columns))
    if rows and columns:
        _multiply_matrices(backend.queue.kind)(
            backend.queue, a.data, b.data, y.data, rows=rows, columns=columns, inner=inner,
            transpose_a=transpose_a, transpose_b=transpose_b,
        )  # fmt: skip
    return y


def _multiply_matrices(kind: str) -> Callable[..., None]:
    return gemm.multiply if kind == "cpu" else matmul_gpu.multiply


def matmul_batched(backend: OpenCLArrays, a: NDArray, b: NDArray) -> NDArray:
    """Return the products (B, M, N) of stacks of matrices (B, M, K) and (B, K, N) of one element type."""
    shape = matmul_batched_shape(a.shape, b.shape)
    batch, rows, columns = shape
    y = backend.empty(shape, a.dtype)
    if _one_by_one(backend.queue, a, b, y):
        for i in range(batch):
            parts = (x.data.view(i * _matrix_bytes(x), _matrix_bytes(x)) for x in (a, b, y))
            _multiply_matrices(backend.queue.kind)(
                backend.queue, *parts,
                rows=rows, columns=columns, inner=a.shape[2], transpose_a=False, transpose_b=False,
            )  # fmt: skip
        return y
    row_tiles, column_tiles = -(-rows // BATCHED_ROWS), -(-columns // (BATCHED_VECTORS * backend.queue.tuning.vector))
    numbers = (rows, a.shape[2], columns, row_tiles, column_tiles)
    macros = (("TYPE", C_TYPES[a.dtype]), ("MR", BATCHED_ROWS), ("NV", BATCHED_VECTORS))
    items = batch * row_tiles * column_tiles
    backend.queue.launch(BATCHED, "matmul_batched", items, (a.data, b.data, y.data), numbers, macros)
    return y


def _one_by_one(queue: DeviceQueue, a: NDArray, b: NDArray, y: NDArray) -> bool:
    """Whether the matrices are large enough for a launch each, and start where a device can start an array."""
    operations = y.shape[1] * y.shape[2] * a.shape[2]
    return (
        a.dtype == FLOAT32
        and operations >= LEAST_OPERATIONS
        and all(_matrix_bytes(x) % queue.alignment == 0 for x in (a, b, y))
    )


def _matrix_bytes(x: NDArray) -> int:
    return x.shape[1] * x.shape[2] * x.dtype.itemsize


def linear(backend: OpenCLArrays, x: NDArray, w: NDArray, b: NDArray | None) -> NDArray:
    """Return ``x @ w + b``: (N, I), (I, O), (O,) to (N, O)."""
    check_float32("linear", x, w, b)
    shape = matmul_shape(x.shape, w.shape, transpose_a=False, transpose_b=False)
    if b is not None and b.shape != shape[1:]:
        raise ShapeError(f"linear: expected b of shape {shape[1:]}, got {b.shape}")
    y = backend.empty(shape)
    bias = None if b is None else b.data
    if _streams(backend.queue, shape[0], w):
        gemm.multiply_few_rows(
            backend.queue, x.data, w.data, bias, y.data, rows=shape[0], columns=shape[1], inner=w.shape[0]
        )
        return y
    multiply(backend.queue, x.data, w.data, bias, y.data, windows=matrix_windows(*x.shape), outputs=shape[1])
    return y


def _streams(queue: DeviceQueue, rows: int, w: NDArray) -> bool:
    """Whether the weights of a linear layer are so many, for so few rows, that a CPU had better stream them once."""
    return queue.kind == "cpu" and 0 < rows <= gemm.MOST_FEW_ROWS and w.size >= LEAST_STREAM


def linear_data_gradient(backend: OpenCLArrays, dy: NDArray, w: NDArray) -> NDArray:
    """Return ``dy @ w.T``: (N, I)."""
    check_float32("linear_data_gradient", dy, w)
    shape = matmul_shape(dy.shape, w.shape, transpose_a=False, transpose_b=True)
    if dy.shape[1] == 0:
        return backend.zeros(shape)
    dx = backend.empty(shape)
    _multiply_by_transposed(backend, dy, w, dx)
    return dx


def linear_weight_gradient(backend: OpenCLArrays, x: NDArray, dy: NDArray, dw: NDArray, db: NDArray | None) -> None:
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


def _multiply_by_transposed(backend: OpenCLArrays, a: NDArray, b: NDArray, y: NDArray) -> None:
    """Set y = a @ b.T: (M, O) by (I, O)."""
    rows, columns = y.shape
    tiles_a, tiles_b = (TILES_A, TILES_B) if backend.queue.kind == "cpu" else (1, 1)
    rows_a, rows_b = ROWS_A * tiles_a, ROWS_B * tiles_b
    blocks_a = -(-rows // rows_a)
    items = blocks_a * -(-columns // rows_b)
    numbers = (blocks_a, rows_a, rows_b, rows, columns, a.shape[1])
    macros = (("AR", ROWS_A), ("BR", ROWS_B))
    backend.queue.launch(TRANSPOSED, "matmul_transposed", items, (a.data, b.data, y.data), numbers, macros)
