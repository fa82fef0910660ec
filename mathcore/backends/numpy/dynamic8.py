"""Encoding and decoding of the dynamic tree of ``mathcore/codecs/dynamic_tree.py`` on NumPy arrays.

The definition asks for a search among 127 thresholds. Here the quotient x / scale gives a first guess: its top 16
bits (sign, exponent, 7 fraction bits) choose one of 65,536 cells, each so narrow that at most one threshold lies within
it or within its margin. A table holds the index at the lower end of the cell and the threshold that may follow; one
exact comparison with float32(T * scale) settles it. So the quotient needs no exact rounding: an error of 2^-12 is
allowed for.

Elements are worked through in chunks that stay in the level-2 cache.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mathcore.codecs.dynamic_tree import BLOCK, CODES, LEGACY_THRESHOLDS, MINIMUM_SCALE, THRESHOLDS, VALUES

CHUNK_BLOCKS = 128
MARGIN = 2.0**-12
NEGATIVE = np.uint8(128)


class Cells(NamedTuple):
    """What the top 16 bits of x / scale tell.

    Attributes:
        indices: (65536,) uint8, 128 * sign + the index at the lower end of the cell.
        thresholds: (65536,) float32, the next threshold.
    """

    indices: np.ndarray
    thresholds: np.ndarray


def _cells(thresholds: np.ndarray) -> Cells:
    cells = np.arange(65536, dtype=np.uint32)
    low = ((cells & 0x7FFF) << 16).view(np.float32)
    low = np.where(np.isfinite(low), low, 0).astype(np.float64)
    index = np.searchsorted(thresholds.astype(np.float64), low * (1 - MARGIN), side="right")
    following = np.append(thresholds, np.float32(np.inf))[index]
    return Cells((index + NEGATIVE * (cells >> 15)).astype(np.uint8), following)


def _codes() -> np.ndarray:
    """Return the code of 128 * sign + index, uint8 (256,); index 0 is code 126 whatever the sign."""
    negative = CODES | NEGATIVE
    negative[0] = CODES[0]
    return np.concatenate([CODES, negative])


CELLS = _cells(THRESHOLDS)
LEGACY_CELLS = _cells(LEGACY_THRESHOLDS)
CODE_OF_INDEX = _codes()


def encode(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the codes (P,) uint8 and the block scales (ceil(P / 256),) float32 of ``x`` (P,) float32.

    A block that holds NaN or infinity gets a scale that is not finite; its codes mean nothing.
    """
    codes = np.empty(x.size, np.uint8)
    scales = np.empty(-(-x.size // BLOCK), np.float32)
    whole = x.size // BLOCK * BLOCK
    step = CHUNK_BLOCKS * BLOCK
    for start in range(0, whole, step):
        stop = min(start + step, whole)
        blocks = slice(start // BLOCK, stop // BLOCK)
        codes[start:stop] = _encode_blocks(x[start:stop].reshape(-1, BLOCK), scales[blocks])
    if whole < x.size:
        codes[whole:] = _encode_blocks(x[whole:].reshape(1, -1), scales[-1:])
    return codes, scales


def _encode_blocks(x: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Return the codes of blocks ``x`` (blocks, elements), flat, and write their ``scales`` (blocks,)."""
    magnitudes = np.abs(x)
    np.max(magnitudes, axis=1, out=scales)
    scales[scales < MINIMUM_SCALE] = 0
    return _codes_of(x, magnitudes, scales[:, None], CELLS).reshape(-1)


def encode_legacy(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the codes (P,) uint8 of ``x`` (P,) float32 by the published thresholds, and the scale (1,) float32 of all.

    The scale of a vector with NaN or infinity is not finite; its codes mean nothing.
    """
    step = CHUNK_BLOCKS * BLOCK
    parts = [x[start : start + step] for start in range(0, x.size, step)]
    largest = np.array([np.abs(part).max() for part in parts] or [0], np.float32)
    scale = np.max(largest, keepdims=True)
    scale[scale < MINIMUM_SCALE] = 0
    codes = [_codes_of(part, np.abs(part), scale, LEGACY_CELLS) for part in parts]
    return np.concatenate(codes) if codes else np.empty(0, np.uint8), scale


def _codes_of(x: np.ndarray, magnitudes: np.ndarray, scales: np.ndarray, cells: Cells) -> np.ndarray:
    """Return the codes of ``x``, whose magnitudes are at most ``scales``; both broadcast."""
    divisors = np.where(scales == 0, np.float32(np.inf), scales)  # x / inf = 0: code 126 throughout
    with np.errstate(invalid="ignore", over="ignore"):
        found = (x / divisors).view(np.uint32) >> 16
        thresholds = cells.thresholds.take(found)
        thresholds *= divisors
    indices = cells.indices.take(found)
    indices += magnitudes >= thresholds
    return CODE_OF_INDEX.take(indices)


def decode(codes: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Return the float32 values (P,) of ``codes`` (P,) uint8 and block ``scales`` (ceil(P / 256),) float32."""
    x = np.empty(codes.size, np.float32)
    whole = codes.size // BLOCK * BLOCK
    step = CHUNK_BLOCKS * BLOCK
    for start in range(0, whole, step):
        stop = min(start + step, whole)
        part = x[start:stop]
        VALUES.take(codes[start:stop], out=part, mode="clip")
        blocks = part.reshape(-1, BLOCK)
        blocks *= scales[start // BLOCK : stop // BLOCK, None]
    x[whole:] = VALUES[codes[whole:]] * scales[whole // BLOCK :]
    return x
