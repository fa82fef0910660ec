"""The codec that changes nothing."""

import numpy as np
import pytest

from mathcore import CodecError, codecs
from mathcore.backends import create

BACKEND = create("numpy")
CODEC = codecs.create("float32")
KEY = codecs.coding_key(0, 0, 0)


@pytest.mark.parametrize("size", [0, 1, 255, 1000])
def test_a_vector_survives_bit_by_bit(size: int) -> None:
    x = np.random.default_rng(0).standard_normal(size).astype(np.float32)
    payload = CODEC.encode(BACKEND.asarray(x), KEY)
    assert len(payload) == CODEC.payload_size(size) == 4 * size
    assert CODEC.decode(payload, size, BACKEND).numpy().tobytes() == x.tobytes()


def test_the_payload_is_little_endian() -> None:
    assert CODEC.encode(BACKEND.asarray(np.ones(1, np.float32)), KEY) == bytes([0, 0, 0x80, 0x3F])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_refused_both_ways(value: float) -> None:
    x = np.ones(10, np.float32)
    x[7] = value
    with pytest.raises(CodecError, match="NaN or infinity in elements 7 to 7"):
        CODEC.encode(BACKEND.asarray(x), KEY)
    with pytest.raises(CodecError, match="NaN or infinity in elements 7 to 7"):
        CODEC.decode(x.astype("<f4").tobytes(), 10, BACKEND)


def test_a_payload_of_another_size_is_refused() -> None:
    with pytest.raises(CodecError, match="expected a payload of 8 bytes, got 7"):
        CODEC.decode(bytes(7), 2, BACKEND)
