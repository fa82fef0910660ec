"""Choose the backend of this process: OpenCL where a device is found, else NumPy, with the reason in the log."""

from __future__ import annotations

import logging

from grid.settings import Settings
from mathcore import backends
from mathcore.backends.base import Backend
from mathcore.errors import DeviceError

log = logging.getLogger(__name__)


def create_backend(settings: Settings, *, device: str | None = None) -> Backend:
    """Return the backend that the settings ask for.

    Args:
        settings: ``backend``, ``device`` and ``device_share`` decide.
        device: overrides the device of the settings.

    Raises:
        DeviceError: if the settings name a backend or a device that is not there.
    """
    chosen = device or settings.device
    if settings.backend == "numpy":
        return backends.create("numpy")
    try:
        return backends.create(
            "opencl", device=chosen, share=settings.device_share, cache_dir=settings.cache_dir / "kernels"
        )
    except DeviceError as error:
        if settings.backend == "opencl" or chosen is not None:
            raise
        log.warning("no OpenCL device (%s): computing with NumPy", error)
        return backends.create("numpy")
