"""Stochastic rounding to a few levels, what the codecs ``sr4`` and ``ternary`` share: scales, rounding, random numbers.

An element becomes a whole number from -L to L times the scale of its block of 256; L is 7 for sr4, 1 for ternary. It is
rounded up or down at random so that its expected value is the element. Every step is an operation on whole numbers or
one float32 multiplication, so that all backends give the same bytes:

    largest    the largest |x| of the block
    S          the block's scale in 16 bits, eight of exponent and eight of fraction: the float32 with bits S << 15;
               the smallest S with L * scale >= largest, but at most HIGHEST[L], whose L * scale is still finite
    factor     2^24 / scale: the float32 with bits RECIPROCALS[L][S & 255] + ((151 - (S >> 8)) << 23), rounded so that
               no n is more than L * 2^24
    n          float32(x * factor), its fraction cut off; x is clipped to +-L * scale before, which matters at HIGHEST
    level      floor((n + u) / 2^24), u the element's random number of 24 bits

    A block with largest < 2^-96 has S = 0 and levels 0. So a subnormal x has n = 0 whether or not a device knows such.
    Decoding gives level * scale, which is exact; what was decoded encodes to itself, but for at most one level in 2^21
    that n's rounding moves by one.

IEEE half precision would be another 16 bits for a scale, but it ends at 65504: one outlier could not be told apart from
another, and gradients below 6e-8 would vanish.

Four neighbouring blocks, 4 g to 4 g + 3, draw together. The random number of element e of block 4 g + j comes from word
w of block 64 g + l of Philox 4x32-10 (``random/philox.py``), where e = 64 w + l: it is the upper 24 bits of the word
rotated left by 8 j bits. So each element has eight bits of its own on top, and those below them are other elements'.
Each number alone is uniform; two of one word are dependent only where one's eight bits do not settle its rounding, once
in 256 times. Counter and key are

    counter = (64 g + l, PURPOSE, step, shard)        key = (low half of seed, high half of seed)

Source:
    Alistarh et al., QSGD: Communication-Efficient SGD via Gradient Quantization and Encoding (2017), arXiv 1610.02132;
    Wen et al., TernGrad (2017), arXiv 1705.07878.
"""

from __future__ import annotations

import numpy as np

from mathcore.codecs.codec import not_finite
from mathcore.errors import CodecError

BLOCK = 256
GROUP = 4
"""Blocks that draw together."""
DRAWS = BLOCK // 4
"""Philox blocks that a group draws from."""
PURPOSE = 3
"""Second word of the counter: 1 is that of initial parameters, 2 of epochs, 2**31 and more those of layers."""
FRACTION_BITS = 24
SCALE_SHIFT = 15
FACTOR_EXPONENT = 127 + FRACTION_BITS
MINIMUM_LARGEST = 0x0F800000
"""The bits of 2**-96."""
INFINITE = 0x7F800000
NOT_FINITE = -1
"""In place of S for a block that holds NaN or infinity."""

SR4, TERNARY = 7, 1
INVERSES = {levels: np.float32(1) / np.float32(levels) for levels in (SR4, TERNARY)}


def _reciprocals(levels: int) -> np.ndarray:
    scales = np.arange(256, 512, dtype=np.float32) / np.float32(256)
    reciprocals = np.float32(1) / scales
    reciprocals -= np.spacing(reciprocals) * (np.float32(levels) * scales * reciprocals > levels)
    bits: np.ndarray = reciprocals.view(np.uint32)
    bits.flags.writeable = False
    return bits


RECIPROCALS = {levels: _reciprocals(levels) for levels in (SR4, TERNARY)}
"""(256,) uint32 each: the bits of r, the float32 nearest to 1 / (1 + f / 256), or the one below it where
float32(L * (1 + f / 256) * r) would be more than L."""


def scale_values(scales: np.ndarray) -> np.ndarray:
    """Return the float32 scales that 16-bit ones, int32 of any shape, stand for."""
    values: np.ndarray = (scales.astype(np.uint32) << np.uint32(SCALE_SHIFT)).view(np.float32)
    return values


def scales_of(largest: np.ndarray, levels: int) -> np.ndarray:
    """Return S, int32 (B,), for the bits of the largest magnitudes of blocks, uint32 (B,)."""
    values = largest.view(np.float32)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        scales = ((values * INVERSES[levels]).view(np.uint32) >> np.uint32(SCALE_SHIFT)).astype(np.int32)
        for _ in range(2):  # the quotient is cut to 9 bits and may be off by one in its last
            scales += np.float32(levels) * scale_values(scales) < values
    np.minimum(scales, HIGHEST[levels], out=scales)
    scales[largest < MINIMUM_LARGEST] = 0
    scales[largest >= INFINITE] = NOT_FINITE
    return scales


def factors_of(scales: np.ndarray, levels: int) -> np.ndarray:
    """Return 2**24 / scale, float32 (B,), 0 for blocks without a scale."""
    exponents = (FACTOR_EXPONENT - (scales >> 8)).astype(np.uint32) << np.uint32(23)
    factors: np.ndarray = (RECIPROCALS[levels][scales & 255] + exponents).view(np.float32)
    factors[scales <= 0] = 0
    return factors


def _highest(levels: int) -> int:
    """Return the largest S whose L * scale is finite."""
    return int((np.finfo(np.float32).max / np.float32(levels)).astype(np.float32).view(np.uint32) >> SCALE_SHIFT)


HIGHEST = {levels: _highest(levels) for levels in (SR4, TERNARY)}
LOWEST = {levels: int(scales_of(np.array([MINIMUM_LARGEST], np.uint32), levels)[0]) for levels in (SR4, TERNARY)}
"""The smallest S of a block that is not all zero."""


def block_count(count: int) -> int:
    """Return of how many blocks ``count`` elements are."""
    return -(-count // BLOCK)


def scale_bytes(codec: str, scales: np.ndarray, size: int) -> bytes:
    """Return scales, int32 (B,), as uint16 little endian.

    Raises:
        CodecError: if one is of a block with NaN or infinity; names its elements of the vector of ``size``.
    """
    wrong = scales == NOT_FINITE
    if wrong.any():
        first = int(np.argmax(wrong)) * BLOCK
        raise not_finite(codec, first, min(first + BLOCK, size) - 1)
    return scales.astype("<u2").tobytes()


def checked_scales(codec: str, data: memoryview, count: int, levels: int) -> np.ndarray:
    """Return the scales, int32 (B,), at the front of an untrusted payload of ``count`` elements.

    Raises:
        CodecError: if one is none that an encoder writes.
    """
    scales = np.frombuffer(data, "<u2", block_count(count)).astype(np.int32)
    usable = (scales == 0) | (scales >= LOWEST[levels]) & (scales <= HIGHEST[levels])
    if not usable.all():
        block = int(np.argmin(usable))
        raise CodecError(
            f"{codec}: expected scales of 0 or {LOWEST[levels]:#06x} to {HIGHEST[levels]:#06x}, got "
            f"{scales[block]:#06x} for block {block}; send the payload again"
        )
    return scales
