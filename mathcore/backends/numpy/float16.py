"""IEEE half precision as two bytes an element, in the order of this machine.

NumPy converts to halves with one rounding, ties to even. The other way a table of all 65,536 values is three times as
fast.
"""

from __future__ import annotations

import numpy as np

INFINITY = np.uint16(0x7C00)
LARGEST = np.uint16(0x7BFF)
SIGN = np.uint16(0x8000)
PART = 16384

VALUES = np.arange(65536, dtype=np.uint32).astype(np.uint16).view(np.float16).astype(np.float32)
VALUES.flags.writeable = False


def encode(x: np.ndarray) -> np.ndarray:
    """Return the halves, uint8 (2 P,), of ``x`` (P,) float32; NaN and infinity become some that are not finite."""
    halves = np.empty(x.size, np.float16)
    for start in range(0, x.size, PART):
        values, part = x[start : start + PART], halves[start : start + PART]
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            np.copyto(part, values, casting="unsafe")
        _limit(part.view(np.uint16), values)
    return halves.view(np.uint8)


def _limit(codes: np.ndarray, values: np.ndarray) -> None:
    """Turn the infinities of values that are finite into +-65504."""
    infinite = codes & ~SIGN == INFINITY
    if infinite.any():
        infinite &= np.isfinite(values)
        codes[infinite] = codes[infinite] & SIGN | LARGEST


def decode(halves: np.ndarray) -> np.ndarray:
    """Return the float32 values (P,) of halves, uint8 (2 P,)."""
    codes = halves.view(np.uint16)
    x = np.empty(codes.size, np.float32)
    for start in range(0, codes.size, PART):
        VALUES.take(codes[start : start + PART], out=x[start : start + PART], mode="clip")
    return x
