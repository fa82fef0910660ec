"""Linear algebra: the extension of the array API standard.

Products run on the device. Decompositions, inverses and solutions run on the host, through NumPy's LAPACK, in the type
of the operand; the result goes back to its device. Every function takes stacks of matrices (..., M, N).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from mathcore.array import NDArray
from mathcore.errors import DTypeError, MathcoreError, ShapeError
from mathcore.functions.arithmetic import abs as absolute
from mathcore.functions.arithmetic import multiply, sqrt, square, subtract
from mathcore.functions.creation import eye
from mathcore.functions.exponential import pow
from mathcore.functions.indexing import take
from mathcore.functions.linear_algebra import matmul, matrix_transpose, tensordot, vecdot
from mathcore.functions.manipulation import broadcast_arrays, broadcast_to, expand_dims
from mathcore.functions.operands import normalize_axes, to_array, to_arrays
from mathcore.functions.searching import count_nonzero
from mathcore.functions.statistical import max as largest
from mathcore.functions.statistical import min as smallest
from mathcore.functions.statistical import sum as sum_of

__all__ = [
    "cholesky", "cross", "det", "diagonal", "eigh", "eigvalsh", "inv", "matmul", "matrix_norm", "matrix_power",
    "matrix_rank", "matrix_transpose", "outer", "pinv", "qr", "slogdet", "solve", "svd", "svdvals", "tensordot",
    "trace", "vecdot", "vector_norm",
]  # fmt: skip

Order = int | float | Literal["fro", "nuc"]


class EighResult(NamedTuple):
    """Eigenvalues (..., M), ascending, and eigenvectors (..., M, M), one a column."""

    eigenvalues: NDArray
    eigenvectors: NDArray


class QRResult(NamedTuple):
    """Orthogonal columns ``Q`` (..., M, K) and the upper triangle ``R`` (..., K, N)."""

    Q: NDArray
    R: NDArray


class SlogdetResult(NamedTuple):
    """The determinant's sign and the logarithm of its magnitude."""

    sign: NDArray
    logabsdet: NDArray


class SVDResult(NamedTuple):
    """``U`` (..., M, K), the singular values ``S`` (..., K), descending, and ``Vh`` (..., K, N)."""

    U: NDArray
    S: NDArray
    Vh: NDArray


def _on_host(name: str, function: Callable[..., Any], *operands: Any, **options: Any) -> Any:
    """Return what a NumPy function gives for the values of arrays, copied to their device."""
    arrays = to_arrays(name, *operands)
    if arrays[0].dtype.kind != "f":
        raise DTypeError(f"{name}: expected float32, got {arrays[0].dtype}; convert with astype")
    if arrays[0].ndim < 2:
        raise ShapeError(f"{name}: expected a matrix or a stack of them, got shape {arrays[0].shape}")
    try:
        with np.errstate(all="ignore"):
            result = function(*(x.numpy() for x in arrays), **options)
    except (np.linalg.LinAlgError, ValueError) as error:
        raise MathcoreError(f"{name}: expected matrices that have one, got shape {arrays[0].shape}: {error}") from None
    backend, dtype = arrays[0].backend, arrays[0].dtype
    parts = [backend.asarray(np.asarray(part, dtype)) for part in (result if isinstance(result, tuple) else (result,))]
    return tuple(parts) if isinstance(result, tuple) else parts[0]


def cholesky(x: NDArray, /, *, upper: bool = False) -> NDArray:
    """Return the triangle ``L`` with ``L @ L.T == x`` (or ``U`` with ``U.T @ U == x``).

    Raises:
        MathcoreError: if a matrix is not positive definite.
    """
    return _on_host("cholesky", np.linalg.cholesky, x, upper=upper)  # type: ignore[no-any-return]


def det(x: NDArray, /) -> NDArray:
    """Return the determinants (...) of square matrices."""
    return _on_host("det", np.linalg.det, x)  # type: ignore[no-any-return]


def slogdet(x: NDArray, /) -> SlogdetResult:
    """Return sign and logarithm of the determinants of square matrices."""
    return SlogdetResult(*_on_host("slogdet", lambda values: tuple(np.linalg.slogdet(values)), x))


def eigh(x: NDArray, /) -> EighResult:
    """Return eigenvalues and eigenvectors of symmetric matrices, of which the lower triangle is read."""
    return EighResult(*_on_host("eigh", lambda values: tuple(np.linalg.eigh(values)), x))


def eigvalsh(x: NDArray, /) -> NDArray:
    """Return the eigenvalues (..., M) of symmetric matrices, ascending."""
    return _on_host("eigvalsh", np.linalg.eigvalsh, x)  # type: ignore[no-any-return]


def inv(x: NDArray, /) -> NDArray:
    """Return the inverses of square matrices.

    Raises:
        MathcoreError: if one is singular.
    """
    return _on_host("inv", np.linalg.inv, x)  # type: ignore[no-any-return]


def pinv(x: NDArray, /, *, rtol: float | NDArray | None = None) -> NDArray:
    """Return the pseudo-inverses (..., N, M); singular values up to ``rtol`` of the largest count as 0."""
    tolerance = _tolerance(x, rtol)
    return _on_host("pinv", lambda values: np.linalg.pinv(values, rtol=tolerance), x)  # type: ignore[no-any-return]


def qr(x: NDArray, /, *, mode: Literal["reduced", "complete"] = "reduced") -> QRResult:
    """Return orthogonal columns and upper triangles with ``Q @ R == x``.

    Raises:
        MathcoreError: if ``mode`` is unknown.
    """
    if mode not in ("reduced", "complete"):
        raise MathcoreError(f"qr: expected mode reduced or complete, got {mode!r}")
    return QRResult(*_on_host("qr", lambda values: tuple(np.linalg.qr(values, mode=mode)), x))


def solve(x1: NDArray, x2: NDArray, /) -> NDArray:
    """Return the solutions ``y`` of ``x1 @ y == x2`` for square ``x1``; ``x2`` is (M,) or (..., M, K).

    Raises:
        MathcoreError: if a matrix is singular.
    """
    return _on_host("solve", np.linalg.solve, x1, x2)  # type: ignore[no-any-return]


def svd(x: NDArray, /, *, full_matrices: bool = True) -> SVDResult:
    """Return the singular value decompositions ``U @ diag(S) @ Vh == x``."""
    return SVDResult(*_on_host("svd", lambda v: tuple(np.linalg.svd(v, full_matrices=full_matrices)), x))


def svdvals(x: NDArray, /) -> NDArray:
    """Return the singular values (..., K), descending."""
    return _on_host("svdvals", np.linalg.svdvals, x)  # type: ignore[no-any-return]


def _tolerance(x: NDArray, rtol: float | NDArray | None) -> Any:
    if rtol is None:
        return max(x.shape[-2:]) * np.finfo(x.dtype).eps if x.dtype.kind == "f" and x.ndim > 1 else 0.0
    return rtol.numpy() if isinstance(rtol, NDArray) else rtol


def matrix_rank(x: NDArray, /, *, rtol: float | NDArray | None = None) -> NDArray:
    """Return the ranks int32 (...): how many singular values exceed ``rtol`` of the largest."""
    values = svdvals(x)
    if values.shape[-1] == 0:
        return count_nonzero(values, axis=-1)
    limit = multiply(largest(values, axis=-1, keepdims=True), _last_axis(_tolerance(x, rtol)))
    return count_nonzero(values > limit, axis=-1)


def _last_axis(tolerance: Any) -> Any:
    array = np.asarray(tolerance, np.float32)
    return float(array) if array.ndim == 0 else array[..., None]


def matrix_power(x: NDArray, n: int, /) -> NDArray:
    """Return square matrices multiplied ``n`` times; negative powers are those of the inverse.

    Raises:
        ShapeError: if the matrices are not square.
    """
    x = to_array("matrix_power", x)
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise ShapeError(f"matrix_power: expected square matrices, got shape {x.shape}")
    base = inv(x) if n < 0 else x
    result = broadcast_to(eye(x.shape[-1], dtype=x.dtype, device=x.device), x.shape)
    for digit in f"{abs(n):b}":
        result = matmul(result, result)
        result = matmul(result, base) if digit == "1" else result
    return result


def cross(x1: NDArray, x2: NDArray, /, *, axis: int = -1) -> NDArray:
    """Return the cross products of vectors of three along an axis counted from the back; other axes broadcast.

    Raises:
        ShapeError: if the axis does not have three elements in both.
    """
    a, b = to_arrays("cross", x1, x2)
    if not -min(a.ndim, b.ndim) <= axis < 0 or a.shape[axis] != 3 or b.shape[axis] != 3:
        raise ShapeError(f"cross: expected three elements along axis {axis}, got shapes {a.shape} and {b.shape}")
    a, b = broadcast_arrays(a, b)
    first, second = np.array([1, 2, 0], np.int32), np.array([2, 0, 1], np.int32)
    here, there = a.backend.asarray(first), a.backend.asarray(second)
    ahead = multiply(take(a, here, axis=axis), take(b, there, axis=axis))
    return subtract(ahead, multiply(take(a, there, axis=axis), take(b, here, axis=axis)))


def diagonal(x: NDArray, /, *, offset: int = 0) -> NDArray:
    """Return the diagonals (..., K) of matrices, above the main one by ``offset``.

    Raises:
        ShapeError: if there are fewer than two axes.
    """
    x = to_array("diagonal", x)
    if x.ndim < 2:
        raise ShapeError(f"diagonal: expected at least two axes, got shape {x.shape}")
    rows, columns = x.shape[-2:]
    length = max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
    stack = x.shape[:-2]
    strides = tuple(math.prod(x.shape[axis + 1 :]) for axis in range(len(stack)))
    start = (max(offset, 0) - min(offset, 0) * columns) if length else 0
    return x.backend.read_strided(x, start, (*strides, columns + 1), (*stack, length))


def trace(x: NDArray, /, *, offset: int = 0, dtype: DTypeLike | None = None) -> NDArray:
    """Return the sums (...) of the diagonals of matrices."""
    return sum_of(diagonal(x, offset=offset), axis=-1, dtype=dtype)


def outer(x1: NDArray, x2: NDArray, /) -> NDArray:
    """Return the products (M, N) of the elements of two vectors (M,) and (N,).

    Raises:
        ShapeError: if one is no vector.
    """
    a, b = to_arrays("outer", x1, x2)
    if a.ndim != 1 or b.ndim != 1:
        raise ShapeError(f"outer: expected two vectors, got shapes {a.shape} and {b.shape}")
    return multiply(a.reshape(-1, 1) if a.size else a.reshape(0, 1), b.reshape(1, b.size))


def matrix_norm(x: NDArray, /, *, keepdims: bool = False, ord: Order | None = "fro") -> NDArray:
    """Return the norms (...) of matrices: Frobenius, nuclear, or of order 1, 2, inf and their negatives.

    Raises:
        MathcoreError: if the order is another.
    """
    x = to_array("matrix_norm", x)
    _check_floating("matrix_norm", x)
    if x.ndim < 2:
        raise ShapeError(f"matrix_norm: expected at least two axes, got shape {x.shape}")
    result = _matrix_norm(x, ord)
    return expand_dims(result, axis=(-2, -1)) if keepdims else result


def _matrix_norm(x: NDArray, ord: Order | None) -> NDArray:
    if ord in ("fro", None):
        return sqrt(sum_of(square(x), axis=(-2, -1)))
    if ord == "nuc":
        return sum_of(svdvals(x), axis=-1)
    if ord in (2, -2):
        return (largest if ord == 2 else smallest)(svdvals(x), axis=-1)
    if ord not in (1, -1, math.inf, -math.inf):
        raise MathcoreError(f"matrix_norm: expected ord fro, nuc, 1, 2, inf or a negative of these, got {ord!r}")
    sums = sum_of(absolute(x), axis=-2 if abs(ord) == 1 else -1)
    return (largest if ord > 0 else smallest)(sums, axis=-1)


def vector_norm(
    x: NDArray, /, *, axis: int | tuple[int, ...] | None = None, keepdims: bool = False, ord: int | float = 2
) -> NDArray:
    """Return the norms along one or several axes, or of all elements (None); order 0 counts those that are not 0."""
    x = to_array("vector_norm", x)
    _check_floating("vector_norm", x)
    axes = normalize_axes("vector_norm", axis, x.ndim)
    if ord == 0:
        return count_nonzero(x, axis=axes, keepdims=keepdims).astype(x.dtype)
    if ord in (math.inf, -math.inf):
        return (largest if ord > 0 else smallest)(absolute(x), axis=axes, keepdims=keepdims)
    if ord == 1:
        return sum_of(absolute(x), axis=axes, keepdims=keepdims)
    if ord == 2:
        return sqrt(sum_of(square(x), axis=axes, keepdims=keepdims))
    return pow(sum_of(pow(absolute(x), float(ord)), axis=axes, keepdims=keepdims), 1.0 / ord)


def _check_floating(name: str, x: NDArray) -> None:
    if x.dtype.kind != "f":
        raise DTypeError(f"{name}: expected float32, got {x.dtype}; convert with astype")
