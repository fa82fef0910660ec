"""Half precision against the definition of IEEE 754."""

import numpy as np
import pytest

from mathcore import CodecError, codecs
from mathcore.backends import create

BACKEND = create("numpy")
CODEC = codecs.create("float16")
KEY = codecs.coding_key(0, 0, 0)


def encode(x: np.ndarray) -> np.ndarray:
    return np.frombuffer(CODEC.encode(BACKEND.asarray(x), KEY), np.dtype("<u2"))


def decode(halves: np.ndarray) -> np.ndarray:
    return CODEC.decode(halves.astype("<u2").tobytes(), halves.size, BACKEND).numpy()


def finite_halves() -> np.ndarray:
    codes = np.arange(65536, dtype=np.uint32)
    halves: np.ndarray = codes[codes & 0x7C00 != 0x7C00].astype(np.uint16)
    return halves


def value(half: int) -> float:
    """Return the value of a half as the standard says."""
    exponent, fraction = half >> 10 & 31, half & 1023
    magnitude = fraction * 2.0**-24 if exponent == 0 else (1024 + fraction) * 2.0 ** (exponent - 25)
    return -magnitude if half >> 15 else magnitude


def test_every_finite_half_decodes_to_its_value_and_back() -> None:
    halves = finite_halves()
    x = decode(halves)
    assert x.tolist() == [value(half) for half in halves.tolist()]
    assert np.array_equal(np.signbit(x), halves >> 15 == 1)
    assert np.array_equal(encode(x), halves)


def test_values_between_two_halves_go_to_the_nearer_and_from_the_middle_to_the_even_one() -> None:
    halves = finite_halves()[:0x7BFF]  # all but the largest, positive
    low, high = decode(halves), decode(halves + 1)
    middle = ((low.astype(np.float64) + high) / 2).astype(np.float32)  # exact
    assert np.array_equal(encode(middle), halves + (halves & 1))
    assert np.array_equal(encode(np.nextafter(middle, np.float32(0))), halves)
    assert np.array_equal(encode(np.nextafter(middle, np.float32(1e9))), halves + 1)


@pytest.mark.parametrize("x", [65504, 65519, 65520, 65536, 1e30, 3.4028235e38])
def test_what_is_too_large_becomes_65504(x: float) -> None:
    assert decode(encode(np.array([x, -x], np.float32))).tolist() == [65504, -65504]


def test_the_payload_is_little_endian() -> None:
    assert CODEC.encode(BACKEND.asarray(np.ones(1, np.float32)), KEY) == bytes([0, 0x3C])


@pytest.mark.parametrize("half", [0x7C00, 0xFC00, 0x7E00, 0x7C01])
def test_a_payload_with_nan_or_infinity_is_refused_with_its_element(half: int) -> None:
    with pytest.raises(CodecError, match="float16: expected finite values, got NaN or infinity in elements 2 to 2"):
        decode(np.array([0, 1, half], np.uint16))
