"""Devices as the kernels would see them elsewhere: other vector widths, more compute units, the launches of a GPU."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.backends.opencl.tuning import tune

WIDTHS = {"4 lanes": (4, 2, "cpu"), "16 lanes": (16, 2, "cpu"), "gpu": (4, 2, "gpu")}
"""Vector width, compute units and kind of device."""
KINDS = WIDTHS | {"64 units": (8, 64, "cpu"), "2 units of 8 lanes": (8, 2, "cpu")}


def open_as(kind: str, cache_dir: Path) -> OpenCLBackend:
    """Open the default device, tuned as if it were of that kind."""
    width, units, name = KINDS[kind]
    looks: Any = SimpleNamespace(native_vector_width_float=width, max_compute_units=units)
    with mock.patch("mathcore.backends.opencl.queue.tune", return_value=tune(looks, name)):
        return OpenCLBackend(cache_dir=cache_dir)
