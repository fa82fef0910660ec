"""The initial values of learned arrays: exact or correctly rounded operations only, so the same bits everywhere."""

from __future__ import annotations

import math

import numpy as np

from mathcore.errors import NetworkError
from mathcore.layers.layer import ParameterSpec
from mathcore.random import philox as random

PURPOSE = 1
"""First number of the random streams of initial parameters; the second is the array's place in the layout."""


def fill(spec: ParameterSpec, *, seed: int, place: int) -> np.ndarray:
    """Return the initial values of one array, float32.

    ``constant`` is its value throughout. ``xavier`` is uniform in +-sqrt(3 / fan_in), which keeps the variance of
    activations.

    Raises:
        NetworkError: if the filler is unknown.
    Source:
        Glorot, Bengio, Understanding the Difficulty of Training Deep Feedforward Neural Networks (2010), in the form
        of Caffe (fan-in alone).
    """
    if spec.filler.type == "constant":
        return np.full(spec.shape, spec.filler.value, np.float32)
    if spec.filler.type == "xavier":
        bound = np.float32(math.sqrt(3 / spec.fan_in))
        centred = random.uniform(seed, (PURPOSE, place), spec.shape) * np.float32(2) - np.float32(1)
        return centred * bound
    raise NetworkError(f"expected filler constant or xavier, got {spec.filler.type!r}")
