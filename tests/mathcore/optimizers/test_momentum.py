"""Momentum SGD as an optimizer; its arithmetic is tested with the backends."""

import numpy as np
import pytest

from mathcore import OptimizerError, optimizers
from mathcore.backends import create

BACKEND = create("numpy")


def test_updates_follow_the_formula_step_by_step() -> None:
    optimizer = optimizers.create("momentum", learning_rate=0.1, momentum=0.5, weight_decay=0.01)
    w, v = BACKEND.asarray(np.array([1, -2], np.float32)), BACKEND.zeros((2,))
    expected_w, expected_v = np.array([1.0, -2.0]), np.zeros(2)
    for step in range(5):
        gradient = np.array([step, -1], np.float32)
        optimizer.update(w, v, BACKEND.asarray(gradient))
        expected_v = 0.5 * expected_v - 0.1 * (gradient + 0.01 * expected_w)
        expected_w = expected_w + expected_v
    np.testing.assert_allclose(w.numpy(), expected_w, rtol=1e-6)
    np.testing.assert_allclose(v.numpy(), expected_v, rtol=1e-6)


def test_the_state_is_as_long_as_the_parameters() -> None:
    assert optimizers.create("momentum", learning_rate=0.1).state_size(512) == 512


def test_without_momentum_and_decay_it_is_plain_gradient_descent() -> None:
    optimizer = optimizers.create("momentum", learning_rate=0.5, momentum=0.0)
    w, v = BACKEND.asarray(np.array([1], np.float32)), BACKEND.asarray(np.array([7], np.float32))
    optimizer.update(w, v, BACKEND.asarray(np.array([2], np.float32)))
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
