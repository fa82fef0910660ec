"""Windows added back into the images they were taken from, on NumPy arrays."""

from __future__ import annotations

import numpy as np

from mathcore.backends.shapes import Pair


def col2im(columns: np.ndarray, *, size: Pair, stride: Pair, pad: Pair, dilation: Pair) -> np.ndarray:
    """Return the images (N, *size, C) of windows (N, OH, OW, KH, KW, C); where windows overlap they add up."""
    N, OH, OW, KH, KW, C = columns.shape
    (H, W), (PH, PW) = size, pad
    x = np.zeros((N, H + 2 * PH, W + 2 * PW, C), columns.dtype)
    for p in range(KH):
        for q in range(KW):
            top, left = p * dilation[0], q * dilation[1]
            rows, pixels = slice(top, top + OH * stride[0], stride[0]), slice(left, left + OW * stride[1], stride[1])
            x[:, rows, pixels] += columns[:, :, :, p, q]
    return x[:, PH : PH + H, PW : PW + W].copy()
