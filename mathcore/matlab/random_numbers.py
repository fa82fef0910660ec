"""Random matrices: ``rand``, ``randn``, ``randi``, and ``rng``, which begins their numbers anew.

As in MATLAB there is one generator a process, and it begins with seed 0. After ``rng(seed)`` calls give the numbers of
``mathcore.random.Generator(seed)``, the same ones on every device.
"""

from __future__ import annotations

import itertools
from typing import Any

import mathcore
from mathcore.dtypes import is_floating, is_integer
from mathcore.errors import DTypeError, MathcoreError
from mathcore.matlab.classes import NAMES
from mathcore.matlab.creation import Order, order
from mathcore.matlab.matrix import Matrix
from mathcore.random.generator import Generator


class Draws:
    """Where the numbers of this process are: a seed, and how many calls drew from it."""

    def __init__(self) -> None:
        self.begin(0)

    def begin(self, seed: int) -> None:
        """Begin the numbers of a seed."""
        Generator(seed)
        self._seed_and_calls = (seed, itertools.count())

    def generator(self, wanted: Order) -> Generator:
        """Return the generator of the next call, on the device where its array is wanted."""
        seed, calls = self._seed_and_calls
        state = {"seed": seed, "stream": 0, "draws": next(calls)}
        return Generator.from_state(state, device=mathcore.device(wanted.backend))


_draws = Draws()


def rng(seed: int) -> None:
    """Begin the numbers of ``rand``, ``randn`` and ``randi`` anew, for all threads.

    Args:
        seed: 0 to 2**64 - 1.
    Raises:
        MathcoreError: if it is out of range.
    """
    _draws.begin(seed)


def rand(*arguments: Any) -> Matrix:
    """Return numbers of [0, 1), evenly distributed; arguments as in ``creation.py``.

    Raises:
        DTypeError: if the class is not floating point.
    """
    wanted = _floating("rand", arguments)
    return Matrix(_draws.generator(wanted).uniform(wanted.shape).astype(wanted.dtype, copy=False))


def randn(*arguments: Any) -> Matrix:
    """Return normally distributed numbers with mean 0 and standard deviation 1; arguments as in ``creation.py``.

    Raises:
        DTypeError: if the class is not floating point.
    """
    wanted = _floating("randn", arguments)
    return Matrix(_draws.generator(wanted).normal(wanted.shape).astype(wanted.dtype, copy=False))


def randi(imax: Any, *arguments: Any) -> Matrix:
    """Return whole numbers, evenly distributed.

    Args:
        imax: the largest, from 1 on; or the smallest and the largest.
        arguments: as in ``creation.py``.
    Raises:
        MathcoreError: if there is no number between the two, or the class is too small for them.
    """
    low, high = imax if isinstance(imax, list | tuple) else (1, imax)
    wanted = order("randi", arguments)
    if not low <= high:
        raise MathcoreError(f"randi: expected a largest number of {low} or more, got {high}")
    if wanted.dtype == mathcore.bool or (is_integer(wanted.dtype) and not _holds(wanted, low, high)):
        raise DTypeError(f"randi: expected a class that holds {low} to {high}, got {NAMES[wanted.dtype]}")
    numbers = _draws.generator(wanted).integers(low, high + 1, wanted.shape)
    return Matrix(numbers.astype(wanted.dtype, copy=False))


def _floating(name: str, arguments: tuple[Any, ...]) -> Order:
    wanted = order(name, arguments)
    if not is_floating(wanted.dtype):
        raise DTypeError(f"{name}: expected class single, got {NAMES[wanted.dtype]}; use randi")
    return wanted


def _holds(wanted: Order, low: int, high: int) -> bool:
    limits = mathcore.iinfo(wanted.dtype)
    return limits.min <= low and high <= limits.max
