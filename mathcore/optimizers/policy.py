"""How the learning rate follows from the step: Caffe's policies, cosine, and a linear warm-up for each.

Computed on the host in decimal arithmetic with 40 digits, which is integer arithmetic and the same on every machine;
the C library's pow, exp and cos differ in their last bits from one machine to the next.

Source:
    Jia et al., Caffe (2014), solver.prototxt; Loshchilov, Hutter, SGDR (2017), for cosine; Goyal et al., Accurate,
    Large Minibatch SGD (2017), section 2.2, for the warm-up.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import Any, Protocol

from mathcore.errors import OptimizerError
from mathcore.layers.settings import shown
from mathcore.optimizers.decimals import CONTEXT, cosine_of_pi, power
from mathcore.optimizers.registry import Registry
from mathcore.optimizers.settings import LARGEST_STEP, check_range, check_whole


class Policy(Protocol):
    """A rule for the learning rate; its settings are the keyword arguments of ``__init__``."""

    def rate(self, base: Decimal, step: int) -> Decimal:
        """Return the learning rate of a step (0 for the first), where the job's is ``base``."""


policies: Registry[Policy] = Registry("policy")
register_policy = policies.register


class LearningRate:
    """The learning rate of every step.

    Attributes:
        base: the job's learning rate.
        policy: the rule.
        warm_up: for so many steps the rate is what the policy says times (step + 1) / warm_up.
    """

    def __init__(self, base: float, policy: Mapping[str, Any] | None = None) -> None:
        """Take the settings: ``policy`` is an object with ``type``, the settings of that type, and ``warm_up``.

        Raises:
            OptimizerError: if one is unknown, missing or out of range.
        """
        self.base = check_range("learning_rate", base, minimum=0, maximum=1000)
        given = {"type": "fixed"} if policy is None else policy
        if not isinstance(given, Mapping) or "type" not in given:
            raise OptimizerError(f'expected policy to be an object with "type" ({", ".join(policies.names())}), '
                                 f"got {shown(given)}; add the type")  # fmt: skip
        settings = {name: value for name, value in given.items() if name not in ("type", "warm_up")}
        self.policy = policies.create(given["type"], settings)
        self.warm_up = check_whole("warm_up", given.get("warm_up", 0), minimum=0)

    def __call__(self, step: int) -> float:
        """Return the learning rate of a step, 0 for the first."""
        with localcontext(CONTEXT):
            rate = self.policy.rate(Decimal(self.base), step)
            if step < self.warm_up:
                rate = rate * (step + 1) / self.warm_up
            return float(rate)


@register_policy("fixed")
class Fixed:
    """base."""

    def rate(self, base: Decimal, step: int) -> Decimal:
        return base


@register_policy("step")
class Step:
    """base * gamma ^ floor(step / step_size)."""

    def __init__(self, *, step_size: int, gamma: float) -> None:
        self.step_size = check_whole("step_size", step_size, minimum=1)
        self.gamma = check_range("gamma", gamma, minimum=0, maximum=10)

    def rate(self, base: Decimal, step: int) -> Decimal:
        return base * power(self.gamma, step // self.step_size)


@register_policy("multistep")
class MultiStep:
    """base * gamma ^ (how many of step_values are at or below step)."""

    def __init__(self, *, step_values: list[int], gamma: float) -> None:
        if not isinstance(step_values, list) or step_values != sorted(
            {check_whole("every one of step_values", value, minimum=1) for value in step_values}
        ):
            raise OptimizerError(f"expected step_values to be a list of ascending steps, got {shown(step_values)}")
        self.step_values = tuple(step_values)
        self.gamma = check_range("gamma", gamma, minimum=0, maximum=10)

    def rate(self, base: Decimal, step: int) -> Decimal:
        return base * power(self.gamma, sum(value <= step for value in self.step_values))


@register_policy("exp")
class Exp:
    """base * gamma ^ step."""

    def __init__(self, *, gamma: float) -> None:
        self.gamma = check_range("gamma", gamma, minimum=0, maximum=1)

    def rate(self, base: Decimal, step: int) -> Decimal:
        return base * power(self.gamma, step)


@register_policy("inv")
class Inv:
    """base * (1 + gamma * step) ^ -power."""

    def __init__(self, *, gamma: float, power: float) -> None:
        self.gamma = check_range("gamma", gamma, minimum=0, maximum=1000)
        self.power = check_range("power", power, minimum=0, maximum=10)

    def rate(self, base: Decimal, step: int) -> Decimal:
        return base / (1 + Decimal(self.gamma) * step) ** Decimal(self.power)


@register_policy("poly")
class Poly:
    """base * (1 - step / max_steps) ^ power; from max_steps on 0."""

    def __init__(self, *, max_steps: int, power: float = 1.0) -> None:
        self.max_steps = check_whole("max_steps", max_steps, minimum=1)
        self.power = check_range("power", power, minimum=0.01, maximum=10)

    def rate(self, base: Decimal, step: int) -> Decimal:
        left = Decimal(max(self.max_steps - step, 0)) / self.max_steps
        return base * left ** Decimal(self.power)


@register_policy("sigmoid")
class Sigmoid:
    """base / (1 + e ^ (-gamma * (step - step_size))); gamma is negative for a rate that falls."""

    def __init__(self, *, gamma: float, step_size: int) -> None:
        self.gamma = check_range("gamma", gamma, minimum=-1000, maximum=1000)
        self.step_size = check_whole("step_size", step_size, minimum=0)

    def rate(self, base: Decimal, step: int) -> Decimal:
        return base / (1 + (-Decimal(self.gamma) * (step - self.step_size)).exp())


@register_policy("cosine")
class Cosine:
    """minimum + (base - minimum) * (1 + cos(pi * step / max_steps)) / 2; from max_steps on minimum."""

    def __init__(self, *, max_steps: int, minimum: float = 0.0) -> None:
        self.max_steps = check_whole("max_steps", max_steps, minimum=1, maximum=LARGEST_STEP)
        self.minimum = check_range("minimum", minimum, minimum=0, maximum=1000)

    def rate(self, base: Decimal, step: int) -> Decimal:
        least = Decimal(self.minimum)
        if step >= self.max_steps:
            return least
        turn = cosine_of_pi(Decimal(step) / self.max_steps)
        return least + (base - least) * (1 + turn) / 2
