"""The 256 values of the 8-bit dynamic tree, and the thresholds between them that define encoding to the nearest value.

A code is a sign bit and a seven-bit pattern p = ((code & 127) + 2) & 127. The pattern is a run of leading zeros (the
power of ten), a flag 1 and k fraction bits, so there are 2, 4, 8, 16, 32 and 64 magnitudes per decade from 1e-6 to 1,
denser where gradients are:

    p = 0: the value 0 (codes 126 and 254)          p = 1: the value 1 (codes 127 and 255)
    else:  k = floor(log2 p), j = p - 2^k, h = 2^(k-1), hi = 10^-(6-k), lo = hi / 10, mid = 0.45 hi
           magnitude = lo + (mid - lo) (j + 1/2) / h            if j < h
                       mid + (hi - mid) (j - h + 1/2) / h       otherwise

Encoding a block of 256 elements is defined so that every backend gives the same bytes without a division:

    scale        the largest |x| of the block
    index(x)     how many i in 1..127 have |x| >= float32(T_i * scale), T_i = THRESHOLDS[i - 1]; ties go up
    code(x)      CODES[index], plus 128 if index > 0 and x < 0; so index 0 (both zeros, too) is always code 126
    value(code)  float32(VALUES[code] * scale); code 254 decodes to +0 as code 126 does
    A block with scale < 2^-100 is all zero (scale 0, codes 126), so that nothing depends on subnormal numbers.

The published encoder is the same with LEGACY_THRESHOLDS and one scale for the whole vector. Its search among codes 0 to
125 ends between an odd code and the even one above, where it takes the nearer, or between an even code and the odd one
above, where it takes the lower: it rounds down for half of the bins. On a tie it goes down, here up, so that what was
decoded stays as it is.

Source:
    Dettmers, 8-Bit Approximations for Parallelism in Deep Learning (2016), arXiv 1511.04561; the kernel
    kCompression_8bit of his library clusterNet.
"""

from __future__ import annotations

import numpy as np

BLOCK = 256
MINIMUM_SCALE = np.float32(2.0**-100)
ZERO_CODE = 126
LEGACY_LOWEST, LEGACY_HIGHEST = 0.0000015, 0.995703


def magnitude(code: int) -> float:
    """Return the magnitude of a code in [0, 1], in float64."""
    pattern = ((code & 127) + 2) & 127
    if pattern < 2:
        return float(pattern)
    k = pattern.bit_length() - 1
    j, half = pattern - (1 << k), (1 << k) / 2
    high: float = 1 / 10 ** (6 - k)
    low, middle = high / 10, 0.45 * high
    if j < half:
        return low + (middle - low) * (j + 0.5) / half
    return middle + (high - middle) * (j - half + 0.5) / half


def _values() -> np.ndarray:
    """Return the float32 value of each of the 256 codes."""
    magnitudes = np.array([magnitude(code) for code in range(128)], np.float32)
    negative = np.where(magnitudes > 0, -magnitudes, magnitudes)
    return np.concatenate([magnitudes, negative])


def _thresholds(ascending: np.ndarray) -> np.ndarray:
    """Return the float32 midpoints between neighbours of the float32 magnitudes, computed in float64."""
    wide = ascending.astype(np.float64)
    return ((wide[:-1] + wide[1:]) / 2).astype(np.float32)


def _legacy_thresholds() -> np.ndarray:
    thresholds = THRESHOLDS.copy()
    thresholds[3:126:2] = VALUES[3:126:2]  # code c is magnitude c + 1
    thresholds[[0, 126]] = LEGACY_LOWEST, LEGACY_HIGHEST
    return thresholds


VALUES = _values()
"""(256,) float32: the value of each code, for a scale of 1."""

CODES = np.argsort(VALUES[:128]).astype(np.uint8)
"""(128,) uint8: the code of the i-th magnitude in ascending order; CODES[0] is 126 (zero), CODES[127] is 127 (one)."""

THRESHOLDS = _thresholds(VALUES[CODES])
"""(127,) float32: THRESHOLDS[i - 1] lies halfway between magnitudes i - 1 and i."""

LEGACY_THRESHOLDS = _legacy_thresholds()
"""(127,) float32: where the published encoder goes from magnitude i - 1 to i."""

for _table in (VALUES, CODES, THRESHOLDS, LEGACY_THRESHOLDS):
    _table.flags.writeable = False
