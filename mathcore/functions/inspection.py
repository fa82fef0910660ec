"""What this implementation of the array API standard offers: devices, element types, limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mathcore import dtypes
from mathcore.backends.opencl.devices import list_devices
from mathcore.devices import backend_of, default_device, device
from mathcore.errors import DeviceError

if TYPE_CHECKING:
    from mathcore.devices import Device

__all__ = ["__array_namespace_info__"]

OF_DEVICES = (dtypes.bool, dtypes.uint8, dtypes.int32, dtypes.float32)
MOST_AXES = 16


class Info:
    """The standard's inspection namespace."""

    def capabilities(self) -> dict[str, Any]:
        """Return what is supported: boolean indexing, shapes that depend on data, and the most axes."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": MOST_AXES}

    def default_device(self) -> Device:
        """Return the device of arrays that name none."""
        return default_device()

    def default_dtypes(self, *, device: Device | str | None = None) -> dict[str, dtypes.DType]:
        """Return the element types used where none is named."""
        return {"real floating": dtypes.DEFAULT_FLOAT, "integral": dtypes.DEFAULT_INT, "indexing": dtypes.INDEX}

    def dtypes(
        self, *, device: Device | str | None = None, kind: str | tuple[str, ...] | None = None
    ) -> dict[str, dtypes.DType]:
        """Return the element types of a device (None: the default one), by name."""
        held = dtypes.ALL if backend_of(device).name == "numpy" else OF_DEVICES
        return {str(dtype): dtype for dtype in held if kind is None or dtypes.isdtype(dtype, kind)}

    def devices(self) -> list[Device]:
        """Return NumPy's device and every OpenCL device."""
        try:
            names = [f"opencl:{info.index}" for info in list_devices()]
        except DeviceError:
            names = []
        return [device(name) for name in ("numpy", *names)]


def __array_namespace_info__() -> Info:  # noqa: N807  # the standard's name
    """Return what ``mathcore`` offers of the standard."""
    return Info()
