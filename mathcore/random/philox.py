"""Counter-based random numbers: Philox 4x32-10. The same numbers on every machine, from integers alone.

Number i of a stream is a pure function of (seed, stream, i): nothing has a state, nothing can be lost, and parts of a
stream can be drawn anywhere in any order. Block b of four 32-bit words is philox(counter, key) with

    counter = (b, stream[0], stream[1], stream[2])        key = (low half of seed, high half of seed)

Source:
    Salmon, Moraes, Dror, Shaw, Parallel Random Numbers: As Easy as 1, 2, 3 (2011); the Random123 library.
"""

from __future__ import annotations

import math

import numpy as np

from mathcore.errors import MathcoreError
from mathcore.random import box_muller

Stream = int | tuple[int, ...]

MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
WEYL = (0x9E3779B9, 0xBB67AE85)
ROUNDS = 10
WORD = 2**32
LOW = np.uint64(WORD - 1)
HALF = np.uint64(32)
PART_BLOCKS = 8192
"""Blocks computed at a time: six arrays of 64 KiB stay in a core's cache, which is eight times as fast."""


def philox(counter: np.ndarray, key: tuple[int, int]) -> np.ndarray:
    """Return the random words (4, B) uint32 for counters (4, B) of 32-bit words and one key of two."""
    x0, x1, x2, x3 = (row.astype(np.uint64) for row in counter)
    product_0, product_1 = np.empty_like(x0), np.empty_like(x0)
    key_0, key_1 = key
    for _ in range(ROUNDS):
        np.multiply(x0, MULTIPLIERS[0], out=product_0)
        np.multiply(x2, MULTIPLIERS[1], out=product_1)
        np.right_shift(product_1, HALF, out=x0)
        x0 ^= x1
        x0 ^= np.uint64(key_0)
        np.right_shift(product_0, HALF, out=x2)
        x2 ^= x3
        x2 ^= np.uint64(key_1)
        np.bitwise_and(product_1, LOW, out=x1)
        np.bitwise_and(product_0, LOW, out=x3)
        key_0 = (key_0 + WEYL[0]) % WORD
        key_1 = (key_1 + WEYL[1]) % WORD
    return np.stack([x0, x1, x2, x3]).astype(np.uint32)


def words(seed: int, stream: Stream, count: int, *, first_block: int = 0) -> np.ndarray:
    """Return the first ``count`` words of a stream, or those from a block on, uint32 (count,).

    Args:
        seed: 0 to 2**64 - 1.
        stream: one to three numbers of 0 to 2**32 - 1, such as (purpose, epoch).
        count: 0 to 2**34.
        first_block: where to begin: at word 4 * first_block, so that long streams are drawn in parts.
    Raises:
        MathcoreError: if one of them is out of range.
    """
    low, high, *numbers = key_words(seed, stream)
    if not 0 <= count <= 4 * WORD:
        raise MathcoreError(f"random: expected a count of 0 to 2**34, got {count}")
    result = np.empty(count, np.uint32)
    for first in range(0, count, 4 * PART_BLOCKS):
        part = result[first : first + 4 * PART_BLOCKS]
        blocks = first_block + first // 4 + np.arange(-(-part.size // 4))
        counter = np.empty((4, blocks.size), np.uint32)
        counter[0] = blocks.astype(np.uint32)
        counter[1:] = np.array(numbers, np.uint32)[:, None]
        part[:] = philox(counter, (low, high)).T.reshape(-1)[: part.size]
    return result


def key_words(seed: int, stream: Stream) -> tuple[int, ...]:
    """Return the two words of the key and the last three of the counter.

    Raises:
        MathcoreError: if the seed or the stream is out of range.
    """
    numbers = stream if isinstance(stream, tuple) else (stream,)
    if not 1 <= len(numbers) <= 3 or not all(0 <= number < WORD for number in numbers):
        raise MathcoreError(f"random: expected a stream of one to three numbers of 0 to 2**32 - 1, got {stream}")
    if not 0 <= seed < 2**64:
        raise MathcoreError(f"random: expected a seed of 0 to 2**64 - 1, got {seed}")
    return (seed % WORD, seed // WORD, *(*numbers, 0, 0)[:3])


def uniform(seed: int, stream: Stream, shape: int | tuple[int, ...]) -> np.ndarray:
    """Return float32 numbers of [0, 1): the upper 24 bits of a word each, times 2**-24, which is exact."""
    shape = (shape,) if isinstance(shape, int) else shape
    return as_unit(words(seed, stream, math.prod(shape))).reshape(shape)


def as_unit(words: np.ndarray) -> np.ndarray:
    """Return the float32 numbers of [0, 1) that words stand for."""
    return (words >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24)


def normal(seed: int, stream: Stream, shape: int | tuple[int, ...]) -> np.ndarray:
    """Return float32 numbers, normally distributed with mean 0 and standard deviation 1, from a word each.

    Numbers 2 i and 2 i + 1 are made of words 2 i and 2 i + 1 as ``mathcore/random/box_muller.py`` says.
    """
    shape = (shape,) if isinstance(shape, int) else shape
    count = math.prod(shape)
    return box_muller.normal(words(seed, stream, count + count % 2))[:count].reshape(shape)


def integers(seed: int, stream: Stream, shape: int | tuple[int, ...], *, high: int) -> np.ndarray:
    """Return int64 numbers of 0 to ``high`` - 1, ``high`` up to 2**31, from two words each.

    A 64-bit number is scaled down by multiplication, so the probabilities of two values differ by less than one part
    in 2**32.

    Raises:
        MathcoreError: if ``high`` is out of range.
    """
    if not 1 <= high <= 2**31:
        raise MathcoreError(f"random: expected high of 1 to 2**31, got {high}")
    return _below(high, seed, stream, shape).astype(np.int64)


def int32_integers(seed: int, stream: Stream, shape: int | tuple[int, ...], *, low: int, high: int) -> np.ndarray:
    """Return int32 numbers of ``low`` to ``high`` - 1: those of ``integers`` for ``high - low``, plus ``low``.

    Raises:
        MathcoreError: if there are none, or int32 does not hold them.
    """
    check_range(low, high)
    numbers = _below(high - low, seed, stream, shape).astype(np.int64)
    return np.add(numbers, low, out=numbers).astype(np.int32)


def check_range(low: int, high: int) -> None:
    """Raise MathcoreError unless there are numbers of ``low`` to ``high`` - 1 and int32 holds them."""
    if not -(2**31) <= low < high <= 2**31:
        raise MathcoreError(f"random: expected -2**31 <= low < high <= 2**31, got low {low} and high {high}")


def permutation(seed: int, stream: Stream, n: int) -> np.ndarray:
    """Return the numbers 0 to ``n`` - 1 in random order, int64 (n,).

    Each number gets a random 64-bit key; the order is that of the keys. Equal keys keep the numbers' order, so the
    result is the same whatever sorts them.
    """
    pairs = words(seed, stream, 2 * n).astype(np.uint64).reshape(-1, 2)
    return np.argsort(pairs[:, 0] << HALF | pairs[:, 1], kind="stable").astype(np.int64)


def _below(bound: int, seed: int, stream: Stream, shape: int | tuple[int, ...]) -> np.ndarray:
    """Return uint64 numbers of 0 to ``bound`` - 1, ``bound`` up to 2**32."""
    shape = (shape,) if isinstance(shape, int) else shape
    pairs = words(seed, stream, 2 * math.prod(shape)).astype(np.uint64).reshape(-1, 2)
    factor = np.uint64(bound)
    return ((pairs[:, 0] * factor + (pairs[:, 1] * factor >> HALF)) >> HALF).reshape(shape)
