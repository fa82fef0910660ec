"""Where arrays live: naming a device, the default one, and ``with mathcore.device(...)``.

    mathcore.device("numpy")       the memory of this process
    mathcore.device("opencl")      the best OpenCL device
    mathcore.device("opencl:1")    the OpenCL device of that index, or with that in its name: "opencl:h100"

Where nothing is named, the environment decides (GRID_BACKEND and GRID_DEVICE, as for workers), else the best OpenCL
device, else NumPy with a warning that says why. Each device is opened once a process. Built kernels are kept in
GRID_CACHE_DIR, by default ~/.cache/nabe. See ``docs/decisions/0005-default-device.md``.
"""

from __future__ import annotations

import os
import warnings
from contextvars import ContextVar, Token
from pathlib import Path
from typing import Any

from mathcore.backends.base import Backend
from mathcore.backends.opencl.devices import find_index
from mathcore.backends.registry import NAMES, create
from mathcore.errors import DeviceError

_current: ContextVar[Device | None] = ContextVar("device", default=None)
_opened: dict[tuple[int, str], Backend] = {}
"""By process and name: a device does not survive a fork, so a forked process opens it anew."""


class Device:
    """One device; as a context manager, the default one of what runs inside.

    Attributes:
        backend: the operations on its arrays.
    """

    __slots__ = ("_tokens", "backend")

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._tokens: list[Token[Device | None]] = []

    @property
    def name(self) -> str:
        """The name of the hardware, for people."""
        return self.backend.device

    def __enter__(self) -> Device:
        self._tokens.append(_current.set(self))
        return self

    def __exit__(self, *_: object) -> None:
        _current.reset(self._tokens.pop())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and other.backend is self.backend

    def __hash__(self) -> int:
        return id(self.backend)

    def __repr__(self) -> str:
        return f"<device {self.backend.name}: {self.name}>"


def device(place: str | Device | Backend | None = None) -> Device:
    """Return a device by its name; None gives the default one.

    Raises:
        DeviceError: if there is no such device; says what there is.
    """
    if place is None:
        return default_device()
    if isinstance(place, Device):
        return place
    if isinstance(place, str):
        return Device(_open(place))
    return Device(place)


def default_device() -> Device:
    """Return the device of the innermost ``with mathcore.device(...)``, else that of the environment, else the best.

    Raises:
        DeviceError: if the environment names a device that is not there.
    """
    return _current.get() or Device(_default_backend())


def backend_of(place: Any) -> Backend:
    """Return the backend of a device, of its name, or of the default device (None)."""
    return device(place).backend


def _open(name: str) -> Backend:
    kind, _, which = name.partition(":")
    if kind not in NAMES or (which and kind == "numpy"):
        raise DeviceError(f"expected device numpy, opencl or opencl:INDEX_OR_NAME, got {name!r}")
    index = "" if kind == "numpy" else str(find_index(which or None))
    key = (os.getpid(), f"{kind}:{index}")
    if key not in _opened:
        _opened[key] = create(kind, device=index or None, cache_dir=_cache_dir() if index else None)
    return _opened[key]


def _cache_dir() -> Path:
    return Path(os.environ.get("GRID_CACHE_DIR") or Path.home() / ".cache" / "nabe") / "kernels"


def _default_backend() -> Backend:
    key = (os.getpid(), "")
    if key not in _opened:
        kind, which = os.environ.get("GRID_BACKEND"), os.environ.get("GRID_DEVICE")
        if kind == "numpy":
            _opened[key] = _open("numpy")
        elif kind or which:
            _opened[key] = _open(":".join(filter(None, (kind or "opencl", which))))
        else:
            _opened[key] = _best()
    return _opened[key]


def _best() -> Backend:
    try:
        return _open("opencl")
    except DeviceError as error:
        warnings.warn(f"no OpenCL device ({error}): computing with NumPy", RuntimeWarning, stacklevel=2)
        return _open("numpy")
