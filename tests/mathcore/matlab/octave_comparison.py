"""Runs cases of ``tests/data/octave`` through ``mathcore.matlab`` and compares with what Octave gave."""

from __future__ import annotations

from typing import Any

import numpy as np

from mathcore import matlab
from mathcore.matlab import Matrix, colon, end
from mathcore.matlab.ranges import Place

DTYPES = {"single": "float32", "int32": "int32", "uint8": "uint8", "logical": "bool", "double": "float64"}

# Whole numbers and comparisons are exact. Octave sums singles in double and has other libraries for exp, log and pow.
TOLERANCE = {"rtol": 2e-6, "atol": 2e-6}

# Octave computes these in double; here they are single, or int32 for what counts.
DOUBLE = ("float32", "int32")

# Octave keeps uint8 and saturates; here such sums are int32.
WIDENED = ("sum", "prod")


def host(value: Any) -> np.ndarray:
    """Return a recorded value as a NumPy array."""
    kind, size, elements = value
    numbers = np.array([float(number) if isinstance(number, str) else number for number in elements], np.float64)
    return numbers.astype(DTYPES[kind]).reshape(size, order="F")


def matrix(value: Any) -> Matrix:
    """Return a recorded value on the default device."""
    return Matrix(host(value))


def index(recorded: Any) -> Any:
    """Return an index as a user writes it."""
    if recorded == ":":
        return colon()
    if not isinstance(recorded, list):
        return _place(recorded)
    kind, *rest = recorded
    if kind == "range":
        first, step, last = (_place(place) for place in rest)
        return colon(first, last) if step == 1 else slice(first, step, last)
    return matrix(["logical" if kind == "mask" else "int32", *rest])


def _place(recorded: Any) -> Place:
    if not isinstance(recorded, str):
        place: Place = recorded
        return place
    return end if recorded == "end" else end - int(recorded.removeprefix("end-"))


def difference(case: dict[str, Any], found: Any, expected: Any) -> str | None:
    """Return how a result differs from Octave's, None if it does not.

    Args:
        case: its ``name`` says how exact the result must be.
        found: a matrix or a Python number.
        expected: Octave's value.
    """
    kind, size, _ = expected
    values, wanted = np.asarray(found), host(expected)
    if isinstance(found, Matrix):
        allowed = DOUBLE if kind == "double" else (DTYPES[kind],)
        if str(values.dtype) not in allowed and case.get("name") not in WIDENED:
            return f"expected class {kind}, got {values.dtype}"
        if list(values.shape) != size:
            return f"expected size {size}, got {values.shape}"
    exact = values.dtype.kind != "f" or "name" not in case
    tolerance = {"rtol": 0.0, "atol": 0.0} if exact else TOLERANCE
    if not np.allclose(values, wanted, equal_nan=True, **tolerance):
        return f"expected {wanted.tolist()}, got {values.tolist()}"
    return None


def call(case: dict[str, Any]) -> tuple[Any, ...]:
    """Return the outputs of a recorded call."""
    arguments = [_argument(argument) for argument in case["arguments"]]
    found = getattr(matlab, case["name"])(*arguments)
    if case["name"] == "klass":
        found = matlab.zeros(0, found)
    return found if isinstance(found, tuple) else (found,)


def _argument(recorded: Any) -> Any:
    is_value = isinstance(recorded, list) and bool(recorded) and isinstance(recorded[0], str)
    return matrix(recorded) if is_value else recorded
