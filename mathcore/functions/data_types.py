"""Converting between element types, and what the standard says about them; the types are in ``mathcore/dtypes.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from numpy.typing import DTypeLike

from mathcore.dtypes import can_cast, finfo, iinfo, isdtype, result_type
from mathcore.functions.creation import asarray

if TYPE_CHECKING:
    from mathcore.array import NDArray
    from mathcore.devices import Device

__all__ = ["astype", "can_cast", "finfo", "iinfo", "isdtype", "result_type"]


def astype(
    x: NDArray, dtype: DTypeLike, /, *, copy: bool = True, device: Device | str | None = None
) -> NDArray:
    """Return the values of ``x`` in another element type.

    Whole numbers wrap, floating point is cut towards zero and saturates (NaN gives 0), anything but 0 is True.
    """
    converted = x.astype(dtype, copy=copy)
    return converted if device is None else asarray(converted, device=device)
