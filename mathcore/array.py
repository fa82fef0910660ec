"""NDArray: a shaped, typed array on one backend. Names and operators follow the Python array API standard."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from mathcore.errors import DeviceError, DTypeError

if TYPE_CHECKING:
    from mathcore.backends.base import Backend

Scalar = int | float


class NDArray:
    """A C-contiguous array of float32, int32, uint8 or bool (NumPy backend: float64 too).

    Made by a backend (``backend.asarray``, ``backend.zeros``), never directly by user code.

    Attributes:
        backend: the backend whose device holds the values.
        data: the backend's own storage.
        shape: the length of each axis.
        dtype: the element type.
    """

    __slots__ = ("__weakref__", "backend", "data", "dtype", "shape")

    def __init__(self, backend: Backend, data: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.backend = backend
        self.data = data
        self.shape = shape
        self.dtype = dtype

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    def numpy(self) -> np.ndarray:
        """Return a copy of the values as a NumPy array."""
        return self.backend.to_numpy(self)

    def item(self) -> Any:
        """Return the only element as a Python number."""
        return self.numpy().item()

    def reshape(self, *shape: int) -> NDArray:
        """Return the same elements under another shape; one length may be -1. Shares memory."""
        known = math.prod(length for length in shape if length != -1)
        resolved = tuple(self.size // max(known, 1) if length == -1 else length for length in shape)
        return self.backend.reshape(self, resolved)

    def sum(self, axis: int | None = None) -> NDArray:
        return self.backend.reduce("sum", self, axis)

    def mean(self, axis: int | None = None) -> NDArray:
        return self.backend.reduce("mean", self, axis)

    def max(self, axis: int | None = None) -> NDArray:
        return self.backend.reduce("max", self, axis)

    def argmax(self, axis: int | None = None) -> NDArray:
        return self.backend.reduce("argmax", self, axis)

    @property
    def T(self) -> NDArray:
        """The matrix transposed, as a copy."""
        return self.backend.transpose(self, tuple(reversed(range(self.ndim))))

    def _operand(self, other: NDArray | Scalar) -> NDArray:
        if not isinstance(other, NDArray):
            if isinstance(other, float) and self.dtype.kind != "f":
                raise DTypeError(f"expected a whole number beside {self.dtype}, got {other}; use a float32 array")
            return self.backend.asarray(other, self.dtype)
        if other.backend is not self.backend:
            raise DeviceError(
                f"expected both arrays on {self.backend.device}, got one on {other.backend.device}; "
                "copy it over with backend.asarray(x.numpy())"
            )
        return other

    def _apply(self, operation: str, other: NDArray | Scalar) -> NDArray:
        return self.backend.elementwise(operation, self, self._operand(other))

    def _apply_reflected(self, operation: str, other: Scalar) -> NDArray:
        return self.backend.elementwise(operation, self._operand(other), self)

    def __add__(self, other: NDArray | Scalar) -> NDArray:
        return self._apply("add", other)

    def __radd__(self, other: Scalar) -> NDArray:
        return self._apply_reflected("add", other)

    def __sub__(self, other: NDArray | Scalar) -> NDArray:
        return self._apply("subtract", other)

    def __rsub__(self, other: Scalar) -> NDArray:
        return self._apply_reflected("subtract", other)

    def __mul__(self, other: NDArray | Scalar) -> NDArray:
        return self._apply("multiply", other)

    def __rmul__(self, other: Scalar) -> NDArray:
        return self._apply_reflected("multiply", other)

    def __truediv__(self, other: NDArray | Scalar) -> NDArray:
        return self._apply("divide", other)

    def __rtruediv__(self, other: Scalar) -> NDArray:
        return self._apply_reflected("divide", other)

    def __pow__(self, other: NDArray | Scalar) -> NDArray:
        return self._apply("pow", other)

    def __lt__(self, other: NDArray | Scalar) -> NDArray:
        return self._apply("less", other)

    def __le__(self, other: NDArray | Scalar) -> NDArray:
        return self._apply("less_equal", other)

    def __neg__(self) -> NDArray:
        return self.backend.elementwise("negative", self)

    def __matmul__(self, other: NDArray) -> NDArray:
        return self.backend.matmul(self, self._operand(other))

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of an array without axes")
        return self.shape[0]

    def __repr__(self) -> str:
        return f"NDArray({self.numpy()!r}, backend={self.backend.name!r})"
