"""Learning-rate policies: their values at landmarks, their settings, and digits that no machine changes."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest

from mathcore import OptimizerError
from mathcore.optimizers import LearningRate, register_policy
from mathcore.optimizers.decimals import CONTEXT, cosine_of_pi, one_minus_power, power


def rates(steps: list[int], **policy: Any) -> list[float]:
    """Return what a policy with base 0.5 gives at some steps."""
    learning_rate = LearningRate(0.5, policy)
    return [learning_rate(step) for step in steps]


LANDMARKS: list[tuple[dict[str, Any], dict[int, float]]] = [
    ({"type": "fixed"}, {0: 0.5, 10**9: 0.5}),
    ({"type": "step", "step_size": 100, "gamma": 0.1}, {0: 0.5, 99: 0.5, 100: 0.05, 199: 0.05, 300: 5e-4}),
    ({"type": "step", "step_size": 1, "gamma": 0}, {0: 0.5, 1: 0}),
    ({"type": "multistep", "step_values": [10, 30], "gamma": 0.5}, {9: 0.5, 10: 0.25, 29: 0.25, 30: 0.125, 99: 0.125}),
    ({"type": "exp", "gamma": 0.99}, {0: 0.5, 1: 0.495, 100: 0.5 * 0.99**100, 10**9: 0}),
    ({"type": "inv", "gamma": 1e-4, "power": 0.75}, {0: 0.5, 10_000: 0.5 * 2**-0.75, 10**6: 0.5 * 101**-0.75}),
    ({"type": "poly", "max_steps": 50, "power": 2}, {0: 0.5, 25: 0.125, 49: 0.5 * 0.02**2, 50: 0, 60: 0}),
    ({"type": "poly", "max_steps": 50}, {25: 0.25}),
    ({"type": "sigmoid", "gamma": -0.1, "step_size": 40},
     {40: 0.25, 0: 0.5 / (1 + math.exp(-4)), 80: 0.5 / (1 + math.exp(4)), 10**9: 0}),
    ({"type": "cosine", "max_steps": 60}, {0: 0.5, 20: 0.375, 30: 0.25, 40: 0.125, 60: 0, 70: 0}),
    ({"type": "cosine", "max_steps": 60, "minimum": 0.1}, {0: 0.5, 30: 0.3, 60: 0.1, 99: 0.1}),
    ({"type": "fixed", "warm_up": 4}, {0: 0.125, 1: 0.25, 3: 0.5, 4: 0.5}),
    ({"type": "step", "step_size": 2, "gamma": 0.1, "warm_up": 5}, {1: 0.2, 2: 0.03, 5: 0.005}),
]  # fmt: skip


@pytest.mark.parametrize(("policy", "expected"), LANDMARKS)
def test_rates_at_landmarks(policy: dict[str, Any], expected: dict[int, float]) -> None:
    got = rates(list(expected), **policy)
    # Settings such as 0.1 are no exact binary fractions, and the expected values are rounded by the C library.
    assert got == pytest.approx(list(expected.values()), rel=1e-13, abs=0)


def test_a_rate_without_a_policy_is_the_number_itself() -> None:
    assert LearningRate(0.1)(7) == 0.1


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({"type": "stp"}, "policy: expected one of cosine, exp, .*, got 'stp'; did you mean \"step\"\\? "),
        ({"gamma": 1}, 'expected policy to be an object with "type" \\(cosine, .*\\), got dict; add the type'),
        ("step", "expected policy to be an object with"),
        ({"type": ["step"]}, "policy: expected one of"),
        ({"type": "step", "gamma": 0.1}, "step: expected settings step_size, gamma; missing a required .*'step_size'"),
        ({"type": "fixed", "gamma": 0.1}, "fixed: expected settings none; got an unexpected keyword argument 'gamma'"),
        ({"type": "step", "gamma": 0.1, "step_size": 0}, "step: expected step_size to be a whole number of 1 to"),
        ({"type": "exp", "gamma": float("nan")}, "exp: expected gamma to be a number of 0 to 1, got nan"),
        ({"type": "exp", "gamma": 1.5}, "exp: expected gamma to be a number of 0 to 1, got 1.5; correct the setting"),
        ({"type": "multistep", "gamma": 1, "step_values": [3, 2]}, "expected step_values to be a list of ascending"),
        ({"type": "multistep", "gamma": 1, "step_values": 3}, "expected step_values to be a list of ascending steps"),
        ({"type": "multistep", "gamma": 1, "step_values": [1.5]}, "every one of step_values to be a whole number"),
        ({"type": "fixed", "warm_up": -1}, "expected warm_up to be a whole number of 0 to 1000000000, got -1"),
        ({"type": "fixed", "warm_up": True}, "expected warm_up to be a whole number"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_used_are_named(policy: Any, message: str) -> None:
    with pytest.raises(OptimizerError, match=message):
        LearningRate(0.1, policy)


def test_user_code_registers_a_policy() -> None:
    @register_policy("test_zigzag")
    class Zigzag:
        """base, half of it, base ..."""

        def rate(self, base: Decimal, step: int) -> Decimal:
            return base / 2 if step % 2 else base

    assert rates([0, 1, 2], type="test_zigzag") == [0.5, 0.25, 0.5]


def test_powers_have_forty_correct_digits() -> None:
    assert str(power(0.5, 3)) == "0.125"
    assert power(0.0, 0) == 1
    assert str(one_minus_power(0.9990000128746033, 1))[:12] == "0.0009999871"
    assert one_minus_power(0.9, 10**9) == 1


def test_cosines_have_forty_correct_digits() -> None:
    for k in range(101):
        assert float(cosine_of_pi(Decimal(k) / 100)) == pytest.approx(math.cos(math.pi * k / 100), abs=1e-15)
    assert abs(cosine_of_pi(CONTEXT.divide(Decimal(1), Decimal(3))) - Decimal("0.5")) < Decimal("1e-38")
    assert abs(cosine_of_pi(Decimal(1)) + 1) < Decimal("1e-38")
