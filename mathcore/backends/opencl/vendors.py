"""Import pyopencl so that the OpenCL CPU driver from PyPI wheels is seen beside the drivers of the system.

The OpenCL loader reads the folder named by OCL_ICD_VENDORS once, when platforms are first asked for: each ``.icd`` file
in it names one driver. The wheel ``intel-opencl-rt`` holds a driver, but its ``.icd`` holds a placeholder path, and
naming any folder hides the system's. So a private folder with copies of the system's files and one for the wheel's
driver is named for the length of the first query, then removed. Outside ``grid/settings.py`` this is the only place
that touches the environment: the loader has no other setting, and mathcore must find its devices without grid.
See ``docs/decisions/0003-opencl-vendors.md``.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from mathcore.errors import DeviceError

SYSTEM_FOLDER = Path("/etc/OpenCL/vendors")
DRIVER_PACKAGE = "intel-opencl-rt"
DRIVER_LIBRARY = "libintelocl.so"

_lock = threading.Lock()


def load_pyopencl() -> Any:
    """Return the module ``pyopencl``, its loader initialised with every driver there is.

    Its cache on disk is switched off: a process killed while it held the lock there would stop all others for a minute.

    Raises:
        DeviceError: if pyopencl cannot be imported.
    """
    with _lock:
        return _load()


@cache
def _load() -> Any:
    with tempfile.TemporaryDirectory(prefix="nabe-opencl-") as folder:
        write_vendors(Path(folder))
        with _environment({"OCL_ICD_VENDORS": folder, "PYOPENCL_NO_CACHE": "1"}):
            return _import_and_query()


def _import_and_query() -> Any:
    try:
        cl = import_module("pyopencl")
    except ImportError as error:
        raise DeviceError(
            f"expected pyopencl to be importable, got {error}; install pyopencl or use the numpy backend"
        ) from None
    with suppress(cl.Error):  # "no platform": list_devices says so, with what to do
        cl.get_platforms()
    return cl


def write_vendors(folder: Path) -> None:
    """Write into the empty ``folder`` one ``.icd`` file for each driver of the system and one for the wheel's."""
    known = list(_system_files())
    for number, source in enumerate(known):
        (folder / f"{number:03}-{source.name}").write_text(source.read_text())
    driver = find_driver()
    if driver is not None and not any(DRIVER_LIBRARY in source.read_text() for source in known):
        (folder / "wheel.icd").write_text(f"{driver}\n")


def find_driver() -> Path | None:
    """Return the absolute path of the wheel's driver, or None where the wheel is not installed."""
    candidates = [Path(sys.prefix) / "lib" / DRIVER_LIBRARY]
    try:
        files = metadata.files(DRIVER_PACKAGE) or []
        candidates = [Path(str(file.locate())) for file in files if file.name == DRIVER_LIBRARY] + candidates
    except metadata.PackageNotFoundError:
        pass
    return next((path.resolve() for path in candidates if path.is_file()), None)


def _system_files() -> Iterator[Path]:
    """Yield the ``.icd`` files that the loader would read: those the user names, else those of the system."""
    named = os.environ.get("OCL_ICD_VENDORS")
    place = Path(named) if named else SYSTEM_FOLDER
    if place.is_dir():
        yield from sorted(place.glob("*.icd"))
    elif place.suffix == ".icd" and place.is_file():
        yield place


@contextmanager
def _environment(changes: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
