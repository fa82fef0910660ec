"""Which kernels a convolution takes, by its shape and the kind of device.

The thresholds were measured on Zen 3 cores (VEC 8) with the layers of LeNet, VGG16 and ResNet152.
"""

from __future__ import annotations

from functools import lru_cache
from types import ModuleType

from mathcore.backends.geometry import Geometry
from mathcore.backends.opencl import convolution_direct, convolution_gemm, convolution_general

LEAST_CHANNELS = 32
"""Channels and outputs from which packed products pay: with 3 channels they reach half the speed of tiles on the images
where they lie."""
LEAST_GROUP = 4
"""Channels and outputs of a group below which a tile of a packed product would be computed nearly in vain."""


@lru_cache(maxsize=4096)
def choose(kind: str, shape: Geometry, operation: str) -> ModuleType:
    """Return the module whose function ``operation`` ("forward", "data_gradient", "weight_gradient") is to be called.

    ``kind`` is that of the device: ``"gpu"``, ``"cpu"`` or ``"accelerator"``.
    """
    direct = shape.groups == 1 and shape.dilation == (1, 1)
    least = min(shape.inputs, shape.outputs)
    if kind == "cpu" and least >= (LEAST_CHANNELS if direct else LEAST_GROUP):
        return convolution_gemm
    return convolution_direct if direct else convolution_general
