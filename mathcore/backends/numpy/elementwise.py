"""Element-wise operations on NumPy arrays, chains of them, and conversions between element types: the specification."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from mathcore.backends.numpy.arrays import check_dtype
from mathcore.backends.operations import OPERATIONS, Chain, Step, result_dtype
from mathcore.backends.shapes import broadcast_shape


def pow(a: np.ndarray, b: np.ndarray) -> np.ndarray:  # noqa: A001  # the operation's name
    """Return ``a`` to the power ``b``; whole numbers wrap, and negative exponents of them leave only 1 and -1."""
    if a.dtype.kind != "i":
        return np.asarray(np.power(a, b))
    inverse = np.where((a == 1) | (a == -1), np.power(a, b & 1), a.dtype.type(0))
    return np.asarray(np.where(b < 0, inverse, np.power(a, np.maximum(b, 0))))


def clip(x: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return ``x`` raised to ``low`` and then lowered to ``high``; NaN if any of them is."""
    return np.asarray(np.minimum(np.maximum(x, low), high))


def erf(x: np.ndarray) -> np.ndarray:
    """Return the error function, correct to 1 unit in the last place of float64, then rounded."""
    return np.asarray(np.frompyfunc(math.erf, 1, 1)(x), x.dtype)


def _whole_stays(function: Callable[[np.ndarray], Any]) -> Callable[[np.ndarray], Any]:
    """Return a rounding function that copies whole numbers, which NumPy would convert."""
    return lambda x: function(x) if x.dtype.kind == "f" else x.copy()


OWN: dict[str, Callable[..., Any]] = {
    "pow": pow,
    "clip": clip,
    "erf": erf,
    "ceil": _whole_stays(np.ceil),
    "floor": _whole_stays(np.floor),
    "round": _whole_stays(np.rint),
    "trunc": _whole_stays(np.trunc),
}
FUNCTIONS: dict[str, Callable[..., Any]] = {name: getattr(np, name) for name in OPERATIONS if name not in OWN} | OWN


def elementwise(operation: str, *operands: np.ndarray) -> np.ndarray:
    """Apply a named operation with broadcasting."""
    result_dtype(operation, tuple(x.dtype for x in operands))
    broadcast_shape(operation, [x.shape for x in operands])
    with np.errstate(all="ignore"):  # infinities and NaN are values here, as on devices
        return np.asarray(FUNCTIONS[operation](*operands), order="C")


def chain(steps: Chain, *operands: np.ndarray) -> np.ndarray:
    """Apply steps one after another; the result of the last one."""
    values = list(operands)
    for step in steps:
        inputs = [values[number] for number in step.inputs]
        if step.operation == "constant":
            values.append(_constant(step))
        elif step.operation == "cast":
            values.append(cast(inputs[0], step.dtype))
        else:
            values.append(elementwise(step.operation, *inputs))
    return np.array(np.broadcast_to(values[-1], broadcast_shape("fused", [x.shape for x in operands])))


def cast(x: np.ndarray, dtype: np.dtype[Any]) -> np.ndarray:
    """Return a copy with another element type.

    Whole numbers wrap; floating point is cut towards zero and saturates, NaN gives 0; anything but 0 is True.
    """
    check_dtype(dtype)
    with np.errstate(all="ignore"):
        if x.dtype.kind != "f" or dtype.kind not in "iu":
            return x.astype(dtype)
        limits = np.iinfo(dtype)
        low, beyond = float(limits.min), 2.0 * (limits.max // 2 + 1)  # powers of two: exact in any floating point
        y = np.where((x > low) & (x < beyond), x, 0).astype(dtype)
        y[x <= low] = limits.min
        y[x >= beyond] = limits.max
        return y


def _constant(step: Step) -> np.ndarray:
    return np.asarray(float.fromhex(step.value) if step.dtype.kind == "f" else int(step.value), step.dtype)
