"""Which kernels a convolution takes, by its shape and the kind of device."""

from __future__ import annotations

from functools import lru_cache
from types import ModuleType

from mathcore.backends.geometry import Geometry
from mathcore.backends.opencl import convolution_direct, convolution_general


@lru_cache(maxsize=4096)
def choose(kind: str, shape: Geometry, operation: str) -> ModuleType:
    """Return the module whose function ``operation`` ("forward", "data_gradient", "weight_gradient") is to be called.

    ``kind`` is that of the device: ``"gpu"``, ``"cpu"`` or ``"accelerator"``.
    """
    if shape.groups == 1 and shape.dilation == (1, 1):
        return convolution_direct
    return convolution_general
