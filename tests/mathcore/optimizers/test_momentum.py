"""Momentum SGD: its formula, its order of operations and its settings."""

import numpy as np
import pytest

from mathcore import OptimizerError, optimizers
from mathcore.backends import create
from mathcore.backends.numpy.update import PART

BACKEND = create("numpy")


def test_updates_follow_the_formula_step_by_step() -> None:
    optimizer = optimizers.create("momentum", learning_rate=0.1, momentum=0.5, weight_decay=0.01)
    w, v = BACKEND.asarray(np.array([1, -2], np.float32)), BACKEND.zeros((256,))
    expected_w, expected_v = np.array([1.0, -2.0]), np.zeros(2)
    for step in range(5):
        gradient = np.array([step, -1], np.float32)
        optimizer.update(w, v, BACKEND.asarray(gradient), step=step)
        expected_v = 0.5 * expected_v - 0.1 * (gradient + 0.01 * expected_w)
        expected_w = expected_w + expected_v
    np.testing.assert_allclose(w.numpy(), expected_w, rtol=1e-6)
    np.testing.assert_allclose(v.numpy()[:2], expected_v, rtol=1e-6)


def test_the_state_is_as_long_as_the_parameters() -> None:
    assert optimizers.create("momentum", learning_rate=0.1).state_size(512) == 512


def test_without_momentum_and_decay_it_is_plain_gradient_descent() -> None:
    optimizer = optimizers.create("momentum", learning_rate=0.5, momentum=0.0)
    w, v = BACKEND.asarray(np.array([1], np.float32)), BACKEND.asarray(np.full(256, 7, np.float32))
    optimizer.update(w, v, BACKEND.asarray(np.array([2], np.float32)), step=0)
    assert w.numpy().tolist() == [0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("learning_rate", -1.0), ("learning_rate", float("nan")), ("learning_rate", float("inf")),
        ("momentum", 1.5), ("weight_decay", -0.1), ("weight_decay", True), ("momentum", "0.9"),
    ],
)  # fmt: skip
def test_settings_out_of_range_are_named(name: str, value: float) -> None:
    with pytest.raises(OptimizerError, match=f"momentum: expected {name} to be a number of 0 to "):
        optimizers.create("momentum", **{"learning_rate": 0.1, name: value})


@pytest.mark.parametrize("weight_decay", [0.0, 0.0005])
@pytest.mark.parametrize("size", [1, 7, 256, PART, PART + 1, 3 * PART - 5])
def test_it_rounds_after_each_of_six_operations(size: int, weight_decay: float) -> None:
    generator = np.random.default_rng(size)
    w, v, g = (generator.standard_normal(size).astype(np.float32) for _ in range(3))
    rate, inertia, decay = np.float32(0.05), np.float32(0.9), np.float32(weight_decay)
    # Each product and sum below is one float32 operation; float64 would hold more digits.
    expected_v = inertia * v - rate * (g + decay * w)
    expected_w = w + expected_v
    optimizer = optimizers.create("momentum", learning_rate=0.05, momentum=0.9, weight_decay=weight_decay)
    parameters, state = BACKEND.asarray(w), BACKEND.zeros((optimizer.state_size(size),))
    BACKEND.copy(BACKEND.asarray(v), BACKEND.view(state, 0, (size,)))
    optimizer.update(parameters, state, BACKEND.asarray(g), step=0)
    assert parameters.numpy().tobytes() == expected_w.tobytes()
    assert state.numpy()[:size].tobytes() == expected_v.tobytes()


def test_the_gradient_stays_and_zeros_stay_zero() -> None:
    w, v, g = (BACKEND.zeros((512,)) for _ in range(3))
    BACKEND.view(g, 0, (100,)).data[:] = 1
    optimizers.create("momentum", learning_rate=0.1, momentum=0.9, weight_decay=0.1).update(w, v, g, step=0)
    assert np.all(g.numpy()[:100] == 1)
    assert np.all(w.numpy()[:100] == np.float32(-0.1))
    assert not w.numpy()[100:].view(np.uint32).any()
    assert not v.numpy()[100:].view(np.uint32).any()
