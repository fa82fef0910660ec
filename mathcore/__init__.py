"""An array library after the array API standard, with layers, networks, optimizers and codecs on top.

``import mathcore as mc``: ``docs/arrays.md`` is the guide. No clock and no global state but the default device.
"""

from math import e, inf, nan, pi

from mathcore import linalg, random
from mathcore.array import NDArray
from mathcore.devices import Device, device
from mathcore.dtypes import bool, float32, float64, int8, int16, int32, int64, uint8, uint16, uint32, uint64
from mathcore.elementwise_kernel import ElementwiseKernel, elementwise_kernel
from mathcore.errors import (
    CodecError, DTypeError, DeviceError, FreedError, InterchangeError, MathcoreError, NetworkError, OptimizerError,
    ShapeError,
)  # fmt: skip
from mathcore.functions.arithmetic import (
    abs, add, copysign, divide, floor_divide, hypot, multiply, negative, nextafter, positive, reciprocal, remainder,
    sign, sqrt, square, subtract,
)  # fmt: skip
from mathcore.functions.bitwise import (
    bitwise_and, bitwise_invert, bitwise_left_shift, bitwise_or, bitwise_right_shift, bitwise_xor,
)  # fmt: skip
from mathcore.functions.comparison import (
    equal, greater, greater_equal, isfinite, isinf, isnan, less, less_equal, not_equal, signbit,
)  # fmt: skip
from mathcore.functions.creation import (
    arange, asarray, empty, empty_like, eye, from_dlpack, full, full_like, linspace, ones, ones_like, zeros,
    zeros_like,
)  # fmt: skip
from mathcore.functions.data_types import astype, can_cast, finfo, iinfo, isdtype, result_type
from mathcore.functions.exponential import exp, expm1, log, log10, log1p, log2, logaddexp, pow
from mathcore.functions.grids import meshgrid, tril, triu
from mathcore.functions.indexing import take, take_along_axis
from mathcore.functions.inspection import __array_namespace_info__
from mathcore.functions.joining import concat, repeat, stack, tile, unstack
from mathcore.functions.linear_algebra import matmul, matrix_transpose, tensordot, vecdot
from mathcore.functions.logical import logical_and, logical_not, logical_or, logical_xor
from mathcore.functions.manipulation import (
    broadcast_arrays, broadcast_shapes, broadcast_to, expand_dims, flip, moveaxis, permute_dims, reshape, roll,
    squeeze,
)  # fmt: skip
from mathcore.functions.rounding import ceil, clip, floor, maximum, minimum, round, trunc
from mathcore.functions.searching import argmax, argmin, count_nonzero, nonzero, searchsorted, where
from mathcore.functions.sets import isin, unique_all, unique_counts, unique_inverse, unique_values
from mathcore.functions.sorting import argsort, sort
from mathcore.functions.statistical import cumulative_prod, cumulative_sum, max, mean, min, prod, std, sum, var
from mathcore.functions.trigonometric import (
    acos, acosh, asin, asinh, atan, atan2, atanh, cos, cosh, sin, sinh, tan, tanh,
)  # fmt: skip
from mathcore.functions.utility import all, any, diff
from mathcore.functions.windows import average_pooling_2d, col2im, im2col, max_pooling_2d
from mathcore.fusion import fused
from mathcore.memory import MemoryInfo, Scope, memory_info, no_scope, release_pool, scope
from mathcore.network import Network
from mathcore.npy import load, save
from mathcore.npz import loadz, savez
from mathcore.user_kernels import Kernel, kernel

newaxis = None

__all__ = [
    "CodecError", "DTypeError", "Device", "DeviceError", "ElementwiseKernel", "FreedError", "InterchangeError",
    "Kernel", "MathcoreError", "MemoryInfo", "NDArray", "Network", "NetworkError", "OptimizerError", "Scope",
    "ShapeError", "__array_namespace_info__", "abs", "acos", "acosh", "add", "all", "any", "arange", "argmax",
    "argmin", "argsort", "asarray", "asin", "asinh", "astype", "atan", "atan2", "atanh", "average_pooling_2d",
    "bitwise_and", "bitwise_invert", "bitwise_left_shift", "bitwise_or", "bitwise_right_shift", "bitwise_xor", "bool",
    "broadcast_arrays", "broadcast_shapes", "broadcast_to", "can_cast", "ceil", "clip", "col2im", "concat",
    "copysign", "cos", "cosh", "count_nonzero", "cumulative_prod", "cumulative_sum", "device", "diff", "divide", "e",
    "elementwise_kernel", "empty", "empty_like", "equal", "exp", "expand_dims", "expm1", "eye", "finfo", "flip",
    "float32", "float64", "floor", "floor_divide", "from_dlpack", "full", "full_like", "fused", "greater",
    "greater_equal", "hypot", "iinfo", "im2col", "inf", "int16", "int32", "int64", "int8", "isdtype", "isfinite",
    "isin", "isinf", "isnan", "kernel", "less", "less_equal", "linalg", "linspace", "load", "loadz", "log", "log10",
    "log1p", "log2", "logaddexp", "logical_and", "logical_not", "logical_or", "logical_xor", "matmul",
    "matrix_transpose", "max", "max_pooling_2d", "maximum", "mean", "memory_info", "meshgrid", "min", "minimum",
    "moveaxis", "multiply", "nan", "negative", "newaxis", "nextafter", "no_scope", "nonzero", "not_equal", "ones",
    "ones_like", "permute_dims", "pi", "positive", "pow", "prod", "random", "reciprocal", "release_pool", "remainder",
    "repeat", "reshape", "result_type", "roll", "round", "save", "savez", "scope", "searchsorted", "sign", "signbit",
    "sin", "sinh", "sort", "sqrt", "square", "squeeze", "stack", "std", "subtract", "sum", "take", "take_along_axis",
    "tan", "tanh", "tensordot", "tile", "tril", "triu", "trunc", "uint16", "uint32", "uint64", "uint8", "unique_all",
    "unique_counts", "unique_inverse", "unique_values", "unstack", "var", "vecdot", "where", "zeros", "zeros_like",
]  # fmt: skip
