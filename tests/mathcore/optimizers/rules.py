"""The rules of the optimizers in float64, plainly, as the papers have them; and settings to try them with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Vector = np.ndarray
Rule = Callable[[Vector, Vector, list[Vector], int], tuple[Vector, list[Vector]]]
"""From parameters, gradient, state and step (from 1) to parameters and state."""

RATE = 0.05


def sgd(w: Vector, g: Vector, s: list[Vector], t: int) -> tuple[Vector, list[Vector]]:
    return w - RATE * g, []


def momentum(w: Vector, g: Vector, s: list[Vector], t: int) -> tuple[Vector, list[Vector]]:
    v = 0.8 * s[0] - RATE * g
    return w + v, [v]


def nesterov(w: Vector, g: Vector, s: list[Vector], t: int) -> tuple[Vector, list[Vector]]:
    v = 0.8 * s[0] - RATE * g
    return w + 0.8 * v - RATE * g, [v]


def adagrad(w: Vector, g: Vector, s: list[Vector], t: int) -> tuple[Vector, list[Vector]]:
    total = s[0] + g**2
    return w - RATE * g / (np.sqrt(total) + 1e-4), [total]


def rmsprop(w: Vector, g: Vector, s: list[Vector], t: int) -> tuple[Vector, list[Vector]]:
    mean = 0.9 * s[0] + 0.1 * g**2
    v = 0.7 * s[1] - RATE * g / (np.sqrt(mean) + 1e-4)
    return w + v, [mean, v]


def adadelta(w: Vector, g: Vector, s: list[Vector], t: int) -> tuple[Vector, list[Vector]]:
    mean = 0.7 * s[0] + 0.3 * g**2
    step = np.sqrt(s[1] + 1e-5) / np.sqrt(mean + 1e-5) * g
    return w - RATE * step, [mean, 0.7 * s[1] + 0.3 * step**2]


def adam(w: Vector, g: Vector, s: list[Vector], t: int) -> tuple[Vector, list[Vector]]:
    m, v = 0.8 * s[0] + 0.2 * g, 0.95 * s[1] + 0.05 * g**2
    return w - RATE * (m / (1 - 0.8**t)) / (np.sqrt(v / (1 - 0.95**t)) + 1e-4), [m, v]


def adamw(w: Vector, g: Vector, s: list[Vector], t: int) -> tuple[Vector, list[Vector]]:
    moved, state = adam(w, g, s, t)
    return moved - RATE * 0.1 * w, state


BETAS = {"beta1": 0.8, "beta2": 0.95, "epsilon": 1e-4}
RULES: dict[str, tuple[Rule, dict[str, Any]]] = {
    "sgd": (sgd, {}),
    "momentum": (momentum, {"momentum": 0.8}),
    "nesterov": (nesterov, {"momentum": 0.8}),
    "adagrad": (adagrad, {"epsilon": 1e-4}),
    "rmsprop": (rmsprop, {"decay": 0.9, "epsilon": 1e-4, "momentum": 0.7}),
    "adadelta": (adadelta, {"decay": 0.7, "epsilon": 1e-5}),
    "adam": (adam, BETAS),
    "adamw": (adamw, {**BETAS, "weight_decay": 0.1}),
}
"""By name: the rule, and the settings that it stands for, with ``RATE``."""
