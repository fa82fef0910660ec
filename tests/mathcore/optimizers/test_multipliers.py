"""Factors of learning rate and weight decay of each array."""

from __future__ import annotations

import numpy as np
import pytest

from mathcore import optimizers
from mathcore.backends.base import Backend
from mathcore.layers.layer import ParameterSpec
from mathcore.network.layout import Layout
from mathcore.optimizers import Multipliers

OPTIMIZERS = [name for name in optimizers.names() if name != "chain" and not name.startswith("test")]


def layout(*factors: tuple[float, float], size: int = 300) -> Layout:
    """Return a layout with an array for each pair of lr_mult and decay_mult, and a running one."""
    specs = [
        (f"layer{place}/w", ParameterSpec((size,), lr_mult=rate, decay_mult=decay))
        for place, (rate, decay) in enumerate(factors)
    ]
    return Layout([*specs, ("bn/mean", ParameterSpec((5,), running=True, lr_mult=0))])


def test_where_every_factor_is_one_there_is_no_table(backend: Backend) -> None:
    assert Multipliers.of(layout((1, 1), (1, 1)), backend) is None


def test_the_table_has_a_pair_for_each_block_of_the_learned_part(backend: Backend) -> None:
    multipliers = Multipliers.of(layout((1, 1), (2, 0)), backend)
    assert multipliers is not None
    assert multipliers.table.tolist() == [[1, 1], [1, 1], [2, 0], [2, 0]]
    assert multipliers.array.numpy().tolist() == [1, 1, 1, 1, 2, 0, 2, 0]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_array_moves_as_with_settings_of_its_own(name: str, backend: Backend) -> None:
    table = layout((2, 1), (1, 1), (1, 0))
    multipliers, size = Multipliers.of(table, backend), table.learned_size
    w, g = np.random.default_rng(0).standard_normal((2, table.size)).astype(np.float32)
    optimizer = optimizers.create(name, learning_rate=0.125, weight_decay=0.01)
    parameters, state = backend.asarray(w), backend.zeros((optimizer.state_size(size),))
    for step in range(3):
        optimizer.update(parameters, state, backend.asarray(g), step=step, size=size, multipliers=multipliers)
    for entry, rate, decay in zip(table.entries, (0.25, 0.125, 0.125), (0.01, 0.01, 0.0), strict=False):
        alone = optimizers.create(name, learning_rate=rate, weight_decay=decay)
        part = slice(entry.offset, entry.offset + entry.size)
        expected, own = backend.asarray(w[part]), backend.zeros((alone.state_size(entry.size),))
        for step in range(3):
            alone.update(expected, own, backend.asarray(g[part]), step=step)
        np.testing.assert_allclose(parameters.numpy()[part], expected.numpy(), rtol=1e-6, atol=1e-7)
    np.testing.assert_array_equal(parameters.numpy()[size:], w[size:])  # running statistics


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_array_with_lr_mult_0_keeps_its_bits_and_its_state(name: str, backend: Backend) -> None:
    table = layout((0, 1), (1, 1))
    multipliers, size = Multipliers.of(table, backend), table.learned_size
    w = np.random.default_rng(0).standard_normal(table.size).astype(np.float32)
    w[0] = -0.0
    g = np.ones(table.size, np.float32)
    g[:512] = np.nan  # a gradient that nobody computed
    optimizer = optimizers.create(name, learning_rate=0.1, l1_decay=0.1, clip_norm=1.0)
    kept = np.full(optimizer.state_size(size), 7, np.float32)
    parameters, state = backend.asarray(w), backend.asarray(kept)
    optimizer.update(parameters, state, backend.asarray(g), step=0, size=size, multipliers=multipliers)
    assert parameters.numpy()[:512].tobytes() == w[:512].tobytes()
    assert np.all(parameters.numpy()[512:size] != w[512:size])
    for slot in range(len(optimizer.slots)):
        assert np.all(state.numpy()[slot * size : slot * size + 512] == 7)
        assert np.all(state.numpy()[slot * size + 512 : slot * size + size] != 7)


def test_factors_of_one_change_no_bit(backend: Backend) -> None:
    w, g = np.random.default_rng(0).standard_normal((2, 512)).astype(np.float32)
    table = np.ones((2, 2), np.float32)
    optimizer = optimizers.create("adamw", learning_rate=0.1)
    found = []
    for multipliers in (None, Multipliers(table, backend.asarray(table.reshape(-1)))):
        parameters, state = backend.asarray(w), backend.zeros((optimizer.state_size(512),))
        optimizer.update(parameters, state, backend.asarray(g), step=0, multipliers=multipliers)
        found.append(parameters.numpy().tobytes() + state.numpy().tobytes())
    assert found[0] == found[1]
