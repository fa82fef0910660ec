"""Handing arrays to other libraries and taking theirs: NumPy's ``__array__``, the buffer protocol and DLPack.

Everything goes through host memory. An array of the NumPy backend is handed over as it is, sharing memory, unless a
copy is asked for; an array of a device is handed over as a copy on the host.

Source:
    https://dmlc.github.io/dlpack/latest/python_spec.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

import mathcore  # complete by the time a function is called
from mathcore.dtypes import ALL
from mathcore.errors import DTypeError, InterchangeError

if TYPE_CHECKING:
    from mathcore.array import NDArray
    from mathcore.backends.base import Backend
    from mathcore.devices import Device

HOST = (1, 0)
"""kDLCPU, and the number of the device."""


def as_numpy(x: NDArray, dtype: DTypeLike | None, copy: bool | None) -> np.ndarray:
    """Return ``x`` as a NumPy array; shares memory on the NumPy backend where neither copy nor dtype ask otherwise.

    Raises:
        InterchangeError: if ``copy`` is False and a copy is needed.
    """
    shared = x.backend.name == "numpy"
    converts = dtype is not None and np.dtype(dtype) != x.dtype
    if copy is False and (converts or not shared):
        raise InterchangeError(
            f"expected copy=None or copy=True where {'the type changes' if converts else 'values leave a device'}, "
            "got False; they are copied"
        )
    host: np.ndarray = x.data if shared and not copy else x.numpy()
    return host.astype(dtype, copy=False) if converts else host


def dlpack(
    x: NDArray,
    *,
    stream: Any = None,
    max_version: tuple[int, int] | None = None,
    dl_device: tuple[int, int] | None = None,
    copy: bool | None = None,
) -> Any:
    """Return a DLPack capsule of ``x`` on the host.

    Args:
        stream: None; memory of the host has none.
        max_version: the latest version of DLPack that the caller reads; None: one before 1.0.
        dl_device: None or the host, (1, 0).
        copy: True copies; False refuses to.
    Raises:
        InterchangeError: if something else is asked for, or ``copy`` is False and a copy is needed.
    """
    if stream is not None:
        raise InterchangeError(f"__dlpack__: expected stream=None for memory of the host, got {stream!r}")
    if dl_device is not None and tuple(dl_device) != HOST:
        raise InterchangeError(f"__dlpack__: expected dl_device {HOST}, the host, got {dl_device}; copy it from there")
    host = as_numpy(x, None, copy)
    return host.__dlpack__() if max_version is None else host.__dlpack__(max_version=max_version)


def dlpack_device(x: NDArray) -> tuple[int, int]:
    """Return the device that ``dlpack`` exports ``x`` on: always the host."""
    return HOST


def from_dlpack(x: Any, /, *, device: str | Device | Backend | None = None, copy: bool | None = None) -> NDArray:
    """Return an array of the values of another library's array.

    Args:
        x: an object with ``__dlpack__`` and ``__dlpack_device__``, on the host or able to export itself there.
        device: where the array is to be; None: where ``x`` is if it is one of ours, else the default device.
        copy: None shares memory where it can: one of our arrays, or on the NumPy backend any that is contiguous and may
            be written. True copies; False refuses to.
    Raises:
        InterchangeError: if ``x`` cannot be read on the host, or ``copy`` is False and a copy is needed.
        DTypeError: if the device does not hold its element type.
    """
    if isinstance(x, mathcore.NDArray):
        backend = x.backend if device is None else mathcore.device(device).backend
        if backend is x.backend:
            return x.copy() if copy else x.reshape(x.shape)
    else:
        backend = mathcore.device(device).backend
    host = _host_array(x, copy)
    shares = backend.name == "numpy" and host.flags.c_contiguous and host.flags.writeable
    if copy is False and not shares:
        raise InterchangeError(
            "from_dlpack: expected copy=None or copy=True for values that go to a device, are not contiguous "
            "or may not be written, got False; they are copied"
        )
    if not copy and shares:
        return mathcore.NDArray(backend, host, host.shape, host.dtype)
    try:
        return backend.asarray(host)
    except DTypeError as error:
        raise DTypeError(f"from_dlpack: {error}") from None


def _host_array(x: Any, copy: bool | None) -> np.ndarray:
    """Return the values as they are; where they must be copied to the host, ``copy`` = False refuses."""
    if not hasattr(x, "__dlpack__") or not hasattr(x, "__dlpack_device__"):
        raise InterchangeError(
            f"from_dlpack: expected an array with __dlpack__ and __dlpack_device__, got {type(x).__name__}; use asarray"
        )
    options: dict[str, Any] = {} if copy is not False else {"copy": False}
    try:
        if tuple(x.__dlpack_device__()) != HOST:
            options["device"] = "cpu"
        host = np.from_dlpack(x, **options)
    except InterchangeError:
        raise
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise InterchangeError(
            f"from_dlpack: expected an array of numbers that can be read on the host, got {type(x).__name__}: "
            f"{' '.join(str(error).split())}; or pass its values as a NumPy array"
        ) from None
    if host.dtype not in ALL:
        raise DTypeError(f"from_dlpack: expected one of {', '.join(map(str, ALL))}, got {host.dtype}")
    return host
