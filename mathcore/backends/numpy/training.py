"""The arithmetic of gradient sums and optimizers on NumPy float32 vectors.

Here every backend must give the same bits. So scalars become float32 first, every operation below is rounded to
float32 on its own (no fused multiply-add), the order is fixed, and none is left out, not even a product with zero.
The vectors are worked through in parts that stay in the level-2 cache, which does not change the bits.
"""

from __future__ import annotations

import numpy as np

PART = 32768


def accumulate(total: np.ndarray, x: np.ndarray, weight: float) -> None:
    """Set ``total`` in place: t = float32(weight) * x; total = total + t."""
    factor = total.dtype.type(weight)
    for start in range(0, total.size, PART):
        part = slice(start, start + PART)
        total[part] += factor * x[part]


def momentum_update(
    w: np.ndarray, v: np.ndarray, g: np.ndarray, *, learning_rate: float, momentum: float, weight_decay: float
) -> None:
    """Update parameters ``w`` and velocity ``v`` in place from the gradient ``g``; all float32 (P,).

    Six operations on an element, in this order:

        t = weight_decay * w;   t = g + t;   t = learning_rate * t;   v = momentum * v;   v = v - t;   w = w + v

    Source:
        Polyak (1964); in this form Krizhevsky, Sutskever, Hinton (2012), section 5.
    """
    number = w.dtype.type
    rate, inertia, decay = number(learning_rate), number(momentum), number(weight_decay)
    for start in range(0, w.size, PART):
        part = slice(start, start + PART)
        t = decay * w[part]
        np.add(g[part], t, out=t)
        t *= rate
        v[part] *= inertia
        v[part] -= t
        w[part] += v[part]
