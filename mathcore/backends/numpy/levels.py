"""Stochastic rounding of ``mathcore/codecs/levels.py`` on NumPy arrays, and the two ways in which levels are packed.

Random words are drawn for DRAWN_GROUPS groups of four blocks at once, which spares calls; elements are worked through
ROUNDED_GROUPS at a time, so that what is in between stays in the level-2 cache.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mathcore.codecs.levels import (
    BLOCK,
    DRAWS,
    FRACTION_BITS,
    GROUP,
    HIGHEST,
    PURPOSE,
    SR4,
    TERNARY,
    block_count,
    factors_of,
    scale_values,
    scales_of,
)
from mathcore.codecs.ternary import LARGEST_BYTE, TRITS
from mathcore.random.philox import philox

Key = tuple[int, int, int, int]

DRAWN_GROUPS = 128
ROUNDED_GROUPS = 32
PART = ROUNDED_GROUPS * GROUP * BLOCK
MAGNITUDE = np.uint32(0x7FFFFFFF)
NUMBER = np.uint32(2**FRACTION_BITS - 1)


def _pairs() -> np.ndarray:
    """Return the two levels of each byte of sr4 as one complex64, (256,): two float32 in one element to take."""
    nibbles = np.arange(256)[:, None] >> np.array([0, 4]) & 15
    pairs: np.ndarray = np.where(nibbles < 8, nibbles, nibbles - 16).astype(np.float32).view(np.complex64)[:, 0]
    return pairs


def _quintuples() -> np.ndarray:
    """Return the five levels of each byte of ternary, float32 (243, 5)."""
    digits = np.arange(LARGEST_BYTE + 1)[:, None] // 3 ** np.arange(TRITS) % 3
    return (digits - 1).astype(np.float32)


PAIRS = _pairs()
QUINTUPLES = _quintuples()


def encode_sr4(x: np.ndarray, key: Key) -> tuple[np.ndarray, np.ndarray]:
    """Return the bytes (ceil(P / 2),) uint8 and the scales (ceil(P / 256),) int32 of ``x`` (P,) float32."""
    packed = np.empty(-(-x.size // 2), np.uint8)
    scales = np.empty(block_count(x.size), np.int32)
    for start, levels in _rounded(x, key, SR4, scales):
        if levels.size % 2:
            levels = np.append(levels, np.int8(0))
        pairs = levels.view("<u2")
        lower = pairs & np.uint16(0x0F)
        pairs >>= np.uint16(4)
        pairs &= np.uint16(0xF0)
        pairs |= lower
        np.copyto(packed[start // 2 : start // 2 + pairs.size], pairs, casting="unsafe")
    return packed, scales


def encode_ternary(x: np.ndarray, key: Key) -> tuple[np.ndarray, np.ndarray]:
    """Return the bytes (ceil(P / 5),) uint8 and the scales (ceil(P / 256),) int32 of ``x`` (P,) float32."""
    padded = np.zeros(-(-x.size // TRITS) * TRITS, np.int8)
    scales = np.empty(block_count(x.size), np.int32)
    for start, levels in _rounded(x, key, TERNARY, scales):
        padded[start : start + levels.size] = levels
    padded += np.int8(1)
    return _pack_trits(padded.view(np.uint8)), scales


def _pack_trits(trits: np.ndarray) -> np.ndarray:
    """Return the bytes of trits 0 to 2, uint8, a multiple of five."""
    packed = np.empty(trits.size // TRITS, np.uint8)
    for start in range(0, packed.size, PART):
        part = packed[start : start + PART]
        digits = trits[TRITS * start : TRITS * (start + PART)]
        np.copyto(part, digits[TRITS - 1 :: TRITS])
        for place in range(TRITS - 2, -1, -1):
            part *= np.uint8(3)
            part += digits[place::TRITS]
    return packed


def decode_sr4(packed: np.ndarray, scales: np.ndarray, *, count: int) -> np.ndarray:
    """Return the float32 vector (``count``,) of what ``encode_sr4`` returns."""
    padded = np.empty(2 * packed.size, np.float32)
    x, pairs, values = padded[:count], padded.view(np.complex64), scale_values(scales)
    for start in range(0, count, PART):
        part = slice(start // 2, (start + PART) // 2)
        PAIRS.take(packed[part], out=pairs[part], mode="clip")
        _scale(x[start : start + PART], values[start // BLOCK :])
    return x


def decode_ternary(packed: np.ndarray, scales: np.ndarray, *, count: int) -> np.ndarray:
    """Return the float32 vector (``count``,) of what ``encode_ternary`` returns."""
    padded = np.empty(TRITS * packed.size, np.float32)
    x, quintuples, values = padded[:count], padded.reshape(-1, TRITS), scale_values(scales)
    for start in range(0, packed.size, PART):
        part = slice(start, start + PART)
        QUINTUPLES.take(packed[part], axis=0, out=quintuples[part], mode="clip")
        _scale(x[TRITS * start : TRITS * (start + PART)], values[TRITS * start // BLOCK :])
    return x


def _scale(x: np.ndarray, scales: np.ndarray) -> None:
    """Multiply neighbouring blocks by their scales, in place."""
    whole = x.size // BLOCK
    blocks = x[: whole * BLOCK].reshape(-1, BLOCK)
    blocks *= scales[:whole, None]
    x[whole * BLOCK :] *= scales[whole : whole + 1]


def _rounded(x: np.ndarray, key: Key, levels: int, scales: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Yield parts of the levels, int8, and the first element of each; fill ``scales``. The next part overwrites one."""
    work = _Work(levels)
    size = DRAWN_GROUPS * GROUP * BLOCK
    for start in range(0, x.size, size):
        drawn = _whole_groups(x[start : start + size])
        of_blocks = work.scales(drawn)
        scales[start // BLOCK : (start + size) // BLOCK] = of_blocks[: block_count(x.size - start)]
        values, factors = _clipped(drawn, of_blocks, levels), factors_of(of_blocks, levels)
        words = _words(key, start // (GROUP * BLOCK), len(drawn) // GROUP)
        for first in range(0, words.shape[1], ROUNDED_GROUPS):
            groups = slice(first, first + ROUNDED_GROUPS)
            blocks = slice(GROUP * first, GROUP * (first + ROUNDED_GROUPS))
            rounded = work.round(values[blocks], factors[blocks], words[:, groups]).reshape(-1)
            place = start + first * GROUP * BLOCK
            yield place, rounded[: x.size - place]


def _whole_groups(x: np.ndarray) -> np.ndarray:
    """Return ``x`` as blocks (B, 256), B a multiple of four, zeros behind it."""
    missing = -x.size % (GROUP * BLOCK)
    return (np.concatenate([x, np.zeros(missing, np.float32)]) if missing else x).reshape(-1, BLOCK)


def _clipped(x: np.ndarray, scales: np.ndarray, levels: int) -> np.ndarray:
    """Return blocks ``x`` with what is beyond the highest scale at its limit."""
    if scales.max() < HIGHEST[levels]:
        return x
    limits = (np.float32(levels) * scale_values(np.maximum(scales, 0)))[:, None]
    clipped: np.ndarray = np.clip(x, -limits, limits)
    return clipped


def _words(key: Key, first: int, groups: int) -> np.ndarray:
    """Return the random words of ``groups`` groups from ``first`` on, uint32 (4, groups, 64)."""
    low, high, step, shard = key
    counter = np.empty((4, groups * DRAWS), np.uint32)
    counter[0] = np.arange(first * DRAWS, (first + groups) * DRAWS, dtype=np.uint64)
    counter[1:] = np.array([PURPOSE, step, shard], np.uint32)[:, None]
    return philox(counter, (low, high)).reshape(4, groups, DRAWS)


class _Work:
    """The arrays that rounding writes again and again."""

    def __init__(self, levels: int) -> None:
        self.levels = levels
        self.largest = np.empty(DRAWN_GROUPS * GROUP, np.uint32)
        self.words = np.empty((ROUNDED_GROUPS, 4, DRAWS), np.uint32)
        self.turned = np.empty((ROUNDED_GROUPS, BLOCK), np.uint32)
        self.numbers = np.empty((ROUNDED_GROUPS, GROUP, BLOCK), np.uint32)
        self.values = np.empty((ROUNDED_GROUPS * GROUP, BLOCK), np.float32)
        self.whole = np.empty((ROUNDED_GROUPS * GROUP, BLOCK), np.int32)
        self.rounded = np.empty((ROUNDED_GROUPS * GROUP, BLOCK), np.int8)
        self.starts = np.arange(0, ROUNDED_GROUPS * GROUP * BLOCK, BLOCK)

    def scales(self, x: np.ndarray) -> np.ndarray:
        """Return the scales of blocks ``x`` (B, 256), int32 (B,)."""
        largest, bits = self.largest[: len(x)], x.view(np.uint32)
        for first in range(0, len(x), len(self.values)):
            part = bits[first : first + len(self.values)]
            magnitudes = np.bitwise_and(part, MAGNITUDE, out=self.values.view(np.uint32)[: len(part)])
            found = largest[first : first + len(part)]
            np.maximum.reduceat(magnitudes.reshape(-1), self.starts[: len(part)], out=found)
        return scales_of(largest, self.levels)

    def round(self, x: np.ndarray, factors: np.ndarray, words: np.ndarray) -> np.ndarray:
        """Return the levels of blocks ``x`` (B, 256), int8, from their factors (B,) and words (4, B / 4, 64)."""
        values, whole, rounded = self.values[: len(x)], self.whole[: len(x)], self.rounded[: len(x)]
        with np.errstate(invalid="ignore", under="ignore"):  # of a block that will be refused; of one close to zero
            np.multiply(x, factors[:, None], out=values)
            np.copyto(whole, values, casting="unsafe")
        whole += self._numbers(words).view(np.int32)
        whole >>= np.int32(FRACTION_BITS)
        np.copyto(rounded, whole, casting="unsafe")
        return rounded

    def _numbers(self, words: np.ndarray) -> np.ndarray:
        """Return the random numbers (B, 256) of blocks, uint32, from their words (4, B / 4, 64)."""
        groups = words.shape[1]
        turned, numbers = self.turned[:groups], self.numbers[:groups]
        np.copyto(self.words[:groups], words.swapaxes(0, 1))
        own = self.words[:groups].reshape(groups, BLOCK)
        np.right_shift(own, np.uint32(8), out=numbers[:, 0])
        np.bitwise_and(own, NUMBER, out=numbers[:, 1])
        np.left_shift(own, np.uint32(16), out=turned)
        own >>= np.uint32(16)
        turned |= own
        np.right_shift(turned, np.uint32(8), out=numbers[:, 2])
        np.bitwise_and(turned, NUMBER, out=numbers[:, 3])
        return numbers.reshape(-1, BLOCK)
