"""Normally distributed numbers from random words, by steps that every device rounds alike.

Two words (a, b) make two numbers (Box and Muller): a radius sqrt(-2 log(u)) with u = (a | 1) 2**-32, and an angle of
(q + t / 2) quarter turns with q the upper two bits of b and t in (-1, 1) made of the 24 bits below them. The radius is
at most 6.66; a normal number is further from 0 once in 2**35 times.

The library functions log, sqrt, sin and cos differ from device to device. Here they are polynomials, and Newton's
method for the root: float32 additions and multiplications in a fixed order, each rounded once, and operations on bits.
``kernels/random.cl`` does the same steps and gives the same bits.

Source:
    Box, Muller, A Note on the Generation of Random Normal Deviates (1958); the polynomials of Moshier's Cephes library,
    single precision (logf.c, sinf.c); the first guess of the root from Lomont, Fast Inverse Square Root (2003).
"""

from __future__ import annotations

import math

import numpy as np

FLOAT = np.float32
LOG = tuple(
    map(
        FLOAT,
        (
            7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
            -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
        ),
    )
)  # fmt: skip
"""(log(1 + t) - t + t**2 / 2) / t**3 for 1 + t from sqrt(1/2) to sqrt(2), highest power first."""
SIN = tuple(map(FLOAT, (-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)))
"""(sin(x) - x) / x**3 in powers of x**2."""
COS = tuple(map(FLOAT, (2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)))
"""(cos(x) - 1 + x**2 / 2) / x**4 in powers of x**2."""

LOG_2_HIGH, LOG_2_LOW = FLOAT(0.693359375), FLOAT(-2.12194440e-4)
"""log(2) in two parts, the first so short that its product with a power of two's exponent is exact."""
ROOT_2_BITS = 0x3FB504F3
ONE_BITS = 0x3F800000
EXPONENT_STEP = 0x00800000
ROOT_GUESS = 0x5F375A86
STEP_ANGLE = FLOAT(math.pi / 4 * 2.0**-24)
CHUNK = 2**15
"""Words done at once: what is in between stays in the processor's cache."""


def normal(words: np.ndarray) -> np.ndarray:
    """Return float32 numbers (n,), mean 0 and standard deviation 1, from uint32 words (n,), n even."""
    numbers = np.empty(len(words), np.float32)
    for start in range(0, len(words), CHUNK):
        part = slice(start, start + CHUNK)
        first, second = _pairs(words[part][0::2], words[part][1::2])
        numbers[part][0::2] = first
        numbers[part][1::2] = second
    return numbers


def _pairs(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    radius = _root(FLOAT(2) * _minus_log(a))
    cos, sin = _direction(b)
    return radius * cos, radius * sin


def _minus_log(a: np.ndarray) -> np.ndarray:
    """Return -log((a | 1) / 2**32), between 6e-8 and 22.2."""
    # A double holds every word, so its bits show the word's exponent and the 23 bits that follow the first.
    bits = (a | np.uint32(1)).astype(np.float64).view(np.int64)
    mantissa = (bits >> 29).astype(np.int32) & (EXPONENT_STEP - 1) | ONE_BITS
    halves = 1055 - (bits >> 52).astype(np.int32)  # (a | 1) / 2**32 = mantissa / 2**halves
    large = mantissa >= ROOT_2_BITS
    t = (mantissa - large * np.int32(EXPONENT_STEP)).view(np.float32) - FLOAT(1)
    exponent = (halves - large).astype(np.float32)
    z = t * t
    y = _polynomial(LOG, t) * t * z - LOG_2_LOW * exponent - FLOAT(0.5) * z
    result: np.ndarray = LOG_2_HIGH * exponent - (t + y)
    return result


def _root(x: np.ndarray) -> np.ndarray:
    half = FLOAT(0.5) * x
    y = (np.int32(ROOT_GUESS) - (x.view(np.int32) >> 1)).view(np.float32)
    for _ in range(3):
        y = y * (FLOAT(1.5) - half * y * y)
    return x * y


def _direction(b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return cosine and sine of the angle."""
    quarters = b >> np.uint32(30)
    steps = (b >> np.uint32(6) & np.uint32(0xFFFFFF)).astype(np.int32) * 2 - (2**24 - 1)
    x = steps.astype(np.float32) * STEP_ANGLE
    z = x * x
    sin = _polynomial(SIN, z) * z * x + x
    cos = _polynomial(COS, z) * z * z - FLOAT(0.5) * z + FLOAT(1)
    odd = (quarters & np.uint32(1)).astype(np.bool_)
    cos_sign = (quarters + np.uint32(1) & np.uint32(2)) << np.uint32(30)
    sin_sign = (quarters & np.uint32(2)) << np.uint32(30)
    return (
        (np.where(odd, sin, cos).view(np.uint32) ^ cos_sign).view(np.float32),
        (np.where(odd, cos, sin).view(np.uint32) ^ sin_sign).view(np.float32),
    )


def _polynomial(coefficients: tuple[np.float32, ...], x: np.ndarray) -> np.ndarray:
    total = coefficients[0] * x + coefficients[1]
    for coefficient in coefficients[2:]:
        total = total * x + coefficient
    return total
