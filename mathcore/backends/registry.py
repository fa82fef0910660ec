"""Make a backend by name. What a backend needs is imported only when that backend is asked for."""

from __future__ import annotations

from pathlib import Path

from mathcore.backends.base import Backend
from mathcore.errors import DeviceError

NAMES = ("opencl", "numpy")


def create(
    name: str = "opencl",
    *,
    device: str | None = None,
    share: tuple[int, int] | None = None,
    cache_dir: Path | None = None,
) -> Backend:
    """Return a new backend.

    Args:
        name: ``"opencl"`` or ``"numpy"``.
        device: OpenCL only: index or case-insensitive part of the device's name; default: the best device.
        share: OpenCL only: ``(i, n)`` takes the i-th of n equal parts of a CPU; a GPU is used whole.
        cache_dir: OpenCL only: folder for built kernels; default: they are built anew in each process.
    Raises:
        DeviceError: if the backend is unknown, or no such device can be used; says why.
    """
    if name == "opencl":
        return _create_opencl(device, share, cache_dir)
    if name != "numpy":
        raise DeviceError(f"expected backend {' or '.join(NAMES)}, got {name!r}")
    if device is not None or share is not None:
        raise DeviceError(
            f"backend numpy: expected no device and no share, got {device!r} and {share!r}; "
            "leave them out or use the opencl backend"
        )
    from mathcore.backends.numpy.backend import NumpyBackend

    return NumpyBackend()


def _create_opencl(device: str | None, share: tuple[int, int] | None, cache_dir: Path | None) -> Backend:
    try:
        from mathcore.backends.opencl.backend import OpenCLBackend
    except ImportError as error:
        raise DeviceError(
            f"backend opencl: expected pyopencl to be importable, got {error}; "
            "install pyopencl or use the numpy backend"
        ) from None
    return OpenCLBackend(device=device, share=share, cache_dir=cache_dir)
