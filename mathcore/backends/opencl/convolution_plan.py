"""Which kernels a convolution takes, by its shape and the kind of device.

The thresholds were measured on Zen 3 cores (VEC 8) with the layers of LeNet, VGG16 and ResNet152.
"""

from __future__ import annotations

from functools import lru_cache
from types import ModuleType

from mathcore.backends.geometry import Geometry
from mathcore.backends.opencl import (
    convolution_depthwise,
    convolution_direct,
    convolution_gemm,
    convolution_general,
    winograd,
)

LEAST_CHANNELS = 48
"""Channels and outputs from which packed products pay, and take no padded copy of the images: 0.7 times the speed of
tiles on the images where they lie at 16, 0.9 at 32, 1.0 to 1.3 at 48."""
LEAST_GROUP = 4
"""Channels and outputs of a group below which a tile of a packed product would be computed nearly in vain."""


@lru_cache(maxsize=4096)
def choose(kind: str, shape: Geometry, operation: str) -> ModuleType:
    """Return the module whose function ``operation`` ("forward", "data_gradient", "weight_gradient") is to be called.

    ``kind`` is that of the device: ``"gpu"``, ``"cpu"`` or ``"accelerator"``.
    """
    if winograd.suits(kind, shape, operation):
        return winograd
    if shape.groups > 1 and shape.inputs == shape.outputs == 1:
        return convolution_depthwise
    direct = shape.groups == 1 and shape.dilation == (1, 1)
    least = min(shape.inputs, shape.outputs)
    if kind == "cpu" and least >= (LEAST_CHANNELS if direct else LEAST_GROUP):
        return convolution_gemm
    return convolution_direct if direct else convolution_general
