"""Clipping by value and by norm; the norm has the same bits on every backend."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mathcore import optimizers
from mathcore.backends import create
from mathcore.backends.base import Backend
from mathcore.optimizers import Multipliers
from mathcore.optimizers.optimizer import gradient_norm
from mathcore.random import philox

CPU = create("numpy")


def descend(backend: Backend, gradient: list[float], **settings: float) -> list[float]:
    """Return the step that plain descent with rate 1 takes from zero, its sign turned."""
    w, g = backend.zeros((len(gradient),)), backend.asarray(np.array(gradient, np.float32))
    optimizers.create("sgd", learning_rate=1.0, **settings).update(w, backend.zeros((0,)), g, step=0)
    return [-x for x in w.numpy().tolist()]


def test_values_are_clipped_one_by_one(backend: Backend) -> None:
    got = descend(backend, [3, -3, 0.25, math.inf, -math.inf, math.nan], clip_value=0.5)
    assert got[:5] == [0.5, -0.5, 0.25, 0.5, -0.5]
    assert math.isnan(got[5])


def test_a_long_gradient_is_shortened_and_a_short_one_left_alone(backend: Backend) -> None:
    assert descend(backend, [3, 4], clip_norm=1.0) == [float(np.float32(0.2) * np.float32(3)), float(np.float32(0.8))]
    assert descend(backend, [3, 4], clip_norm=5.0) == [3, 4]
    assert descend(backend, [0, 0], clip_norm=5.0) == [0, 0]


@pytest.mark.parametrize("bad", [math.nan, math.inf, 1e30])
def test_a_gradient_without_a_norm_gives_nan(backend: Backend, bad: float) -> None:
    assert all(math.isnan(x) for x in descend(backend, [1, bad], clip_norm=1.0))


def test_the_norm_is_taken_before_values_are_clipped(backend: Backend) -> None:
    assert descend(backend, [6, 8], clip_norm=5.0, clip_value=3.5) == [3, 3.5]


@pytest.mark.parametrize("size", [0, 1, 3, 255, 256, 257, 511, 16384, 50_001])
def test_the_norm_has_the_same_bits_everywhere(size: int, backend: Backend) -> None:
    x = (philox.uniform(3, (size,), (size,)) - np.float32(0.5)) * np.float32(1e-3)
    longer = np.concatenate([x, np.full(300, np.nan, np.float32)])  # what lies behind is not read into it
    norm = gradient_norm(backend.asarray(longer), size=size, multipliers=None)
    assert norm == gradient_norm(CPU.asarray(x), size=size, multipliers=None)
    # A square rounds by 6e-8, and so do the 8 sums above it.
    assert norm == pytest.approx(float(np.linalg.norm(x.astype(np.float64))), rel=5e-7)


def test_blocks_are_summed_by_adding_halves(backend: Backend) -> None:
    x = philox.uniform(4, (0,), (512,))
    sums = x * x
    while sums.size > 2:
        sums = sums.reshape(2, -1)
        half = sums.shape[1] // 2
        sums = (sums[:, :half] + sums[:, half:]).reshape(-1)
    assert backend.block_squares(backend.asarray(x), size=512).numpy().tobytes() == sums.tobytes()


def test_arrays_that_are_not_learned_do_not_count(backend: Backend) -> None:
    g = np.full(512, np.nan, np.float32)
    g[256:] = 0
    g[256:258] = 3, 4
    table = np.array([[0, 1], [1, 1]], np.float32)
    multipliers = Multipliers(table, backend.asarray(table.reshape(-1)))
    assert gradient_norm(backend.asarray(g), size=512, multipliers=multipliers) == 5
