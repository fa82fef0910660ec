"""Where arrays are, and when they are freed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import mathcore
from mathcore.array import NDArray
from mathcore.devices import Device
from mathcore.errors import DeviceError
from mathcore.matlab.matrix import Matrix, as_matrix
from mathcore.memory import scope

T = TypeVar("T")

TYPES = {"numpy": "cpu", "opencl": "cl"}


def CL() -> Device:
    """Return the best OpenCL device.

    Raises:
        DeviceError: if there is none.
    """
    return mathcore.device("opencl")


def initcl() -> bool:
    """Return whether there is an OpenCL device; nothing else needs to be called before it is used."""
    try:
        CL()
    except DeviceError:
        return False
    return True


def devicetype(A: Any) -> str | None:
    """Return "cpu" for an array of the NumPy backend, "cl" for one on an OpenCL device, None for what is no array."""
    array = A.array if isinstance(A, Matrix) else A
    return TYPES[array.backend.name] if isinstance(array, NDArray) else None


def gpuArray(A: Any) -> Matrix:
    """Return A on an OpenCL device: itself if it is on one, else a copy on the best.

    Raises:
        DeviceError: if there is none.
    """
    x = as_matrix(A)
    return x if devicetype(x) == "cl" else Matrix(x.array.to_device(CL()))


def gather(A: Any) -> Matrix:
    """Return A on the NumPy backend; itself if it is there."""
    return Matrix(as_matrix(A).array.to_device("numpy"))


def autodestruct(f: Callable[[], T]) -> T:
    """Return ``f()`` and free all arrays made meanwhile, save those that it returns, in lists or dicts too."""
    return scope(f)()
