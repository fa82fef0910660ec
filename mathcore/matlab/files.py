"""Arrays as .npy files, in column-major order, as MATLAB stores them."""

from __future__ import annotations

import io
import os
from typing import Any

from mathcore import npy
from mathcore.matlab.matrix import Matrix, as_matrix


def npyread(data: bytes | str | os.PathLike[str]) -> Matrix:
    """Return the array in the bytes of a .npy file, or in the file of that path, on the default device.

    An array of one axis becomes a column, as in Sushi2.

    Raises:
        MathcoreError: if it is no such file.
        DTypeError: if the device has no type for the elements.
    """
    array = npy.load(io.BytesIO(data) if isinstance(data, bytes) else data)
    return Matrix(array.reshape(array.size, 1) if array.ndim == 1 else array)


def npysave(A: Any) -> bytes:
    """Return the bytes of a .npy file of A, which ``numpy.load`` reads."""
    file = io.BytesIO()
    npy.save(file, as_matrix(A).array, order="F")
    return file.getvalue()
