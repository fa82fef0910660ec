"""The initial values of learned arrays: exact or correctly rounded operations only, so the same bits everywhere."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from mathcore.errors import NetworkError
from mathcore.layers.layer import Filler, ParameterSpec
from mathcore.random import box_muller, philox

PURPOSE = 1
"""First number of the random streams of initial parameters; the second is the array's place in the layout."""

PART = 2**15
"""Values drawn at once: what is in between stays in the processor's cache, and is small beside the array."""


def fill(spec: ParameterSpec, *, seed: int, place: int) -> np.ndarray:
    """Return the initial values of one array, float32.

    ``constant`` is its value throughout; ``uniform`` is even in ``low`` to ``high``; ``gaussian`` is normal with
    ``mean`` and ``std``; ``xavier`` is uniform in +-sqrt(3 / fan_in), ``msra`` normal with the standard deviation
    sqrt(2 / fan_in): both keep the variance of activations, the second behind rectifiers.

    Raises:
        NetworkError: if the filler is unknown.
    Source:
        Glorot, Bengio, Understanding the Difficulty of Training Deep Feedforward Neural Networks (2010); He, Zhang,
        Ren, Sun, Delving Deep into Rectifiers (2015); both in the form of Caffe (fan-in alone).
    """
    if spec.filler.type == "constant":
        return np.full(spec.shape, spec.filler.value, np.float32)
    values_of = _values(spec.filler, spec.fan_in)
    values = np.empty(math.prod(spec.shape), np.float32)
    for start in range(0, values.size, PART):
        # One word a value, but normal numbers come in pairs.
        count = min(PART, values.size - start)
        words = philox.words(seed, (PURPOSE, place), count + count % 2, first_block=start // 4)
        values[start : start + count] = values_of(words)[:count]
    return values.reshape(spec.shape)


def _values(filler: Filler, fan_in: int) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function that makes values of random words."""
    if filler.type == "xavier":
        return _centred(math.sqrt(3 / fan_in))
    if filler.type == "uniform":
        return _scaled(philox.as_unit, filler.high - filler.low, filler.low)
    if filler.type == "gaussian":
        return _scaled(box_muller.normal, filler.std, filler.mean)
    if filler.type == "msra":
        return _scaled(box_muller.normal, math.sqrt(2 / fan_in), 0.0)
    raise NetworkError(f"expected filler constant, uniform, gaussian, xavier or msra, got {filler.type!r}")


def _centred(bound: float) -> Callable[[np.ndarray], np.ndarray]:
    def values(words: np.ndarray) -> np.ndarray:
        return (philox.as_unit(words) * np.float32(2) - np.float32(1)) * np.float32(bound)

    return values


def _scaled(
    draw: Callable[[np.ndarray], np.ndarray], factor: float, offset: float
) -> Callable[[np.ndarray], np.ndarray]:
    def values(words: np.ndarray) -> np.ndarray:
        return draw(words) * np.float32(factor) + np.float32(offset)

    return values
