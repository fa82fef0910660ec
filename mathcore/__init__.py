"""Arrays, layers, networks, optimizers and codecs. No input or output, no clock, no environment, no global state."""

from mathcore.array import NDArray
from mathcore.errors import (
    CodecError,
    DeviceError,
    DTypeError,
    MathcoreError,
    NetworkError,
    OptimizerError,
    ShapeError,
)
from mathcore.network import Network

__all__ = [
    "CodecError",
    "DTypeError",
    "DeviceError",
    "MathcoreError",
    "NDArray",
    "Network",
    "NetworkError",
    "OptimizerError",
    "ShapeError",
]
