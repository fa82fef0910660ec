"""NDArray: a shaped, typed array on one device. Names and behaviour follow the Python array API standard."""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

import mathcore  # complete by the time a method is called
from mathcore import indexing, interchange
from mathcore.errors import FreedError, ShapeError
from mathcore.memory import open_scopes, track
from mathcore.operators import Operators

if TYPE_CHECKING:
    from mathcore.backends.array_backend import ArrayBackend
    from mathcore.backends.base import Backend
    from mathcore.devices import Device

API_VERSION = "2025.12"


class NDArray(Operators):
    """A C-contiguous array of float32, int32, uint8 or bool; on the NumPy backend, of the other real types too.

    Made by functions (``mathcore.asarray``, ``mathcore.zeros``) or a backend, never directly by user code. Indexing,
    transposing and broadcasting copy; ``reshape`` shares memory.

    Attributes:
        backend: the backend whose device holds the values.
        data: the backend's own storage; gone once the array is freed.
        shape: the length of each axis.
        dtype: the element type.
    """

    __slots__ = ("__weakref__", "backend", "data", "dtype", "shape")

    def __init__(self, backend: ArrayBackend, data: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.backend: Backend = backend  # type: ignore[assignment]  # the array part of a backend makes arrays, all use them
        self.data = data
        self.shape = shape
        self.dtype = dtype
        if open_scopes:
            track(self)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def device(self) -> Device:
        """Where the values are."""
        return mathcore.device(self.backend)

    @property
    def T(self) -> NDArray:
        """The matrix transposed, as a copy.

        Raises:
            ShapeError: if the array is no matrix.
        """
        if self.ndim != 2:
            raise ShapeError(f"T: expected a matrix, got shape {self.shape}; use permute_dims or mT")
        return self.backend.transpose(self, (1, 0))

    @property
    def mT(self) -> NDArray:
        """The last two axes exchanged, as a copy."""
        return mathcore.matrix_transpose(self)

    # To the host

    def numpy(self) -> np.ndarray:
        """Return a copy of the values as a NumPy array; waits for the device."""
        return self.backend.to_numpy(self)

    def tolist(self) -> Any:
        """Return the values as nested lists of Python numbers."""
        return self.numpy().tolist()

    def item(self) -> Any:
        """Return the only element as a Python number.

        Raises:
            ShapeError: if there is not exactly one.
        """
        if self.size != 1:
            raise ShapeError(f"expected an array of one element, got shape {self.shape}; reduce or index it first")
        return self.numpy().item()

    def __bool__(self) -> bool:
        return bool(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __float__(self) -> float:
        return float(self.item())

    def __complex__(self) -> complex:
        return complex(self.item())

    def __index__(self) -> int:
        if self.ndim or self.dtype.kind not in "iu":
            raise TypeError(f"expected a whole number without axes as an index, got {self.dtype} of shape {self.shape}")
        return int(self.item())

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> np.ndarray:
        return interchange.as_numpy(self, dtype, copy)

    def __buffer__(self, flags: int, /) -> memoryview:
        return interchange.as_numpy(self, None, None).data

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        return interchange.dlpack(self, stream=stream, max_version=max_version, dl_device=dl_device, copy=copy)

    def __dlpack_device__(self) -> tuple[int, int]:
        return interchange.dlpack_device(self)

    # The same values elsewhere, in another type or shape

    def to_device(self, device: str | Device, /, *, stream: None = None) -> NDArray:
        """Return the array on another device; itself if it is there."""
        return mathcore.asarray(self, device=device)

    def astype(self, dtype: DTypeLike, *, copy: bool = True) -> NDArray:
        """Return the values in another element type; ``docs/arrays.md`` says what becomes of those that do not fit."""
        return self if not copy and self.dtype == dtype else self.backend.cast(self, dtype)

    def copy(self) -> NDArray:
        """Return the same values in memory of their own."""
        return self.backend.cast(self, self.dtype)

    def __copy__(self) -> NDArray:
        return self.copy()

    def __deepcopy__(self, _memo: object) -> NDArray:
        return self.copy()

    def reshape(self, *shape: int | tuple[int, ...]) -> NDArray:
        """Return the same elements under another shape; one length may be -1. Shares memory."""
        lengths: tuple[Any, ...] = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple) else shape
        if lengths.count(-1) == 1:
            known = math.prod(length for length in lengths if length != -1)
            lengths = tuple(self.size // max(known, 1) if length == -1 else length for length in lengths)
        return self.backend.reshape(self, lengths)

    # Reductions, as methods for those used to NumPy

    def sum(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> NDArray:
        """See ``mathcore.sum``."""
        return mathcore.sum(self, axis=axis, keepdims=keepdims)

    def mean(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> NDArray:
        """See ``mathcore.mean``."""
        return mathcore.mean(self, axis=axis, keepdims=keepdims)

    def max(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> NDArray:
        """See ``mathcore.max``."""
        return mathcore.max(self, axis=axis, keepdims=keepdims)

    def min(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> NDArray:
        """See ``mathcore.min``."""
        return mathcore.min(self, axis=axis, keepdims=keepdims)

    def argmax(self, axis: int | None = None, *, keepdims: bool = False) -> NDArray:
        """See ``mathcore.argmax``."""
        return mathcore.argmax(self, axis=axis, keepdims=keepdims)

    # Elements

    def __getitem__(self, key: Any) -> NDArray:
        return indexing.get(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        indexing.put(self, key, value)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of an array without axes")
        return self.shape[0]

    def __iter__(self) -> Iterator[NDArray]:
        return (self[place] for place in range(len(self)))

    # The standard's protocol

    def __array_namespace__(self, *, api_version: str | None = None) -> ModuleType:
        if api_version not in (None, "2021.12", "2022.12", "2023.12", "2024.12", API_VERSION):
            raise ValueError(f"expected a revision of the array API up to {API_VERSION}, got {api_version!r}")
        return mathcore

    def free(self) -> None:
        """Give the memory back now, unless another array shares it; using this one from then on is an error."""
        if not self.freed:
            del self.data

    @property
    def freed(self) -> bool:
        """Whether the array was freed, by ``free()`` or by the end of a scope."""
        try:
            object.__getattribute__(self, "data")
        except AttributeError:
            return True
        return False

    def __getattr__(self, name: str) -> Any:
        if name == "data":
            raise FreedError(
                f"expected an array that is in memory, got one of shape {self.shape}, {self.dtype}, that was freed; "
                "use it inside its scope, or keep it with scope.keep(x)"
            )
        raise AttributeError(f"NDArray has no attribute {name!r}; functions of arrays are in mathcore")

    def __repr__(self) -> str:
        if self.freed:
            return f"NDArray(freed, shape={self.shape}, dtype={self.dtype})"
        values = np.array2string(self.numpy(), separator=", ", prefix="NDArray(", threshold=1000)
        return f"NDArray({values}, dtype={self.dtype}, device={self.backend.name!r})"
