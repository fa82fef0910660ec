"""The arithmetic of gradient sums on NumPy float32 vectors; that of optimizers is in ``update.py``.

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
