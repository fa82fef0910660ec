"""Every optimizer against its rule in float64, and the same bits on both backends."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest

from mathcore import optimizers
from mathcore.backends import create
from mathcore.backends.base import Backend
from mathcore.backends.numpy.update import PART
from mathcore.backends.update_program import slot_stride
from mathcore.optimizers import Multipliers, Optimizer
from mathcore.random import philox
from tests.mathcore.optimizers.rules import RATE, RULES

CPU = create("numpy")
STEPS = 6
EVERYTHING = {
    "clip_norm": 3.0, "clip_value": 0.6, "l1_decay": 1e-3, "weight_decay": 5e-3,
    "policy": {"type": "inv", "gamma": 0.3, "power": 0.75, "warm_up": 3},
}  # fmt: skip


def numbers(seed: int, size: int) -> np.ndarray:
    """Return float32 numbers of -2 to 2, the same on every machine."""
    return philox.uniform(seed, (size,), (size,)) * np.float32(4) - np.float32(2)


def gradients(size: int) -> list[np.ndarray]:
    """Return gradients with zeros and with values so small that their squares are subnormal, or nothing."""
    found = [numbers(step, size) for step in range(STEPS)]
    for g in found:
        g[::5] = 0
        g[1::7] *= np.float32(1e-21)
    return found


def run(
    optimizer: Optimizer, backend: Backend, size: int, multipliers: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return parameters and state after some steps."""
    w = backend.asarray(numbers(100, size))
    state = backend.zeros((optimizer.state_size(size),))
    table = None if multipliers is None else Multipliers(multipliers, backend.asarray(multipliers.reshape(-1)))
    for step, g in enumerate(gradients(size)):
        optimizer.update(w, state, backend.asarray(g), step=step, multipliers=table)
    return w.numpy(), state.numpy()


@pytest.mark.parametrize("name", RULES)
def test_steps_follow_the_rule_in_float64(name: str) -> None:
    rule, settings = RULES[name]
    optimizer = optimizers.create(name, learning_rate=RATE, **settings)
    size = 300
    w = numbers(100, size).astype(np.float64)
    state = [np.zeros(size) for _ in optimizer.slots]
    for step, g in enumerate(gradients(size), start=1):
        w, state = rule(w, g.astype(np.float64), state, step)
    got, slots = run(optimizer, CPU, size)
    # Each of 6 steps rounds about 10 times to float32, 6e-8 each; settings are rounded too.
    np.testing.assert_allclose(got, w, rtol=0, atol=3e-6)
    for place, expected in enumerate(state):
        start = place * slot_stride(size)
        np.testing.assert_allclose(slots[start : start + size], expected, rtol=3e-6, atol=3e-7)


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, PART + 3])
@pytest.mark.parametrize("name", RULES)
def test_devices_give_the_bits_of_numpy(name: str, size: int, _opencl: Backend) -> None:  # noqa: PT019  # used
    settings: dict[str, Any] = {**EVERYTHING, **RULES[name][1]}
    optimizer = optimizers.create(name, learning_rate=RATE, **settings)
    blocks = -(-size // 256)
    table = np.random.default_rng(2).choice(np.array([0, 0.1, 1, 2], np.float32), (blocks, 2))
    for multipliers in (None, table):
        expected, expected_state = run(optimizer, CPU, size, multipliers)
        w, state = run(optimizer, _opencl, size, multipliers)
        assert w.tobytes() == expected.tobytes()
        assert np.isfinite(w).all()
        stride = slot_stride(size)
        for slot in range(len(optimizer.slots)):
            part = slice(slot * stride, slot * stride + size)
            assert state[part].tobytes() == expected_state[part].tobytes()


def test_the_bits_are_those_of_every_machine() -> None:
    # Recorded once; they may change only with a rule, and runs' hashes with them.
    digest = hashlib.sha256()
    for name, (_, settings) in RULES.items():
        optimizer = optimizers.create(name, learning_rate=RATE, **{**EVERYTHING, **settings})
        for part in run(optimizer, CPU, 300):
            digest.update(part.tobytes())
    assert digest.hexdigest() == "35c79923f1c21a3663504dcca8f8a0a85dbc94763866531a2e402692c253eb4e"
