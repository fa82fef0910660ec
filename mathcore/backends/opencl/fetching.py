"""Values on their way from a device to the host, while it goes on computing."""

from __future__ import annotations

from typing import Any

import numpy as np

from mathcore.backends.opencl.vendors import load_pyopencl
from mathcore.errors import DeviceError


class DeviceFetch:
    """Values of which a copy was enqueued.

    Attributes:
        values: where they go.
        event: tells when they are there; that of the last copy enqueued. None: nothing was.
    """

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.values = np.empty(shape, dtype)
        self.event: Any = None

    def numpy(self) -> np.ndarray:
        if self.event is not None:
            try:
                self.event.wait()
            except load_pyopencl().Error as error:
                raise DeviceError(f"expected values from the device, got {error}; use a smaller batch") from None
        return self.values.copy()

    def item(self) -> float:
        return float(self.numpy().item())
