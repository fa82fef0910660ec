"""The dynamic8 codec on the NumPy backend against a plain search among the thresholds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathcore import CodecError, codecs
from mathcore.backends import create
from mathcore.codecs.dynamic_tree import BLOCK, CODES, MINIMUM_SCALE, THRESHOLDS, VALUES
from mathcore.random import philox as random

BACKEND = create("numpy")
CODEC = codecs.create("dynamic8")
KEY = codecs.coding_key(0, 0, 0)
LARGEST = np.finfo(np.float32).max


def reference_payload(x: np.ndarray) -> bytes:
    """Encode as the definition says, block by block, with a binary search."""
    scales, codes = [], []
    for start in range(0, x.size, BLOCK):
        block = x[start : start + BLOCK]
        scale = np.abs(block).max()
        scale = scale if scale >= MINIMUM_SCALE else np.float32(0)
        thresholds = THRESHOLDS * scale if scale else np.full(127, np.inf, np.float32)
        index = np.searchsorted(thresholds, np.abs(block), side="right")
        codes.append(CODES[index] + np.where((index > 0) & (block < 0), 128, 0).astype(np.uint8))
        scales.append(scale)
    return np.array(scales, "<f4").tobytes() + b"".join(part.tobytes() for part in codes)


def encode(x: np.ndarray) -> bytes:
    return CODEC.encode(BACKEND.asarray(x), KEY)


def decode(payload: bytes, count: int) -> np.ndarray:
    return CODEC.decode(payload, count, BACKEND).numpy()


def vectors() -> dict[str, np.ndarray]:
    generator = np.random.default_rng(0)
    normal = generator.standard_normal(100_003).astype(np.float32)
    outlier = normal[:5000].copy()
    outlier[1234] = 1e30
    return {
        "normal": normal,
        "uniform": random.uniform(1, 0, 70_000),
        "heavy tails": generator.standard_t(1.5, 50_001).astype(np.float32),
        "every power of two": np.exp2(generator.uniform(-149, 127, 50_000)).astype(np.float32),
        "outlier of 1e30": outlier,
        "subnormal, both signs": (generator.integers(-9, 9, 1000) * 1e-42).astype(np.float32),
        "subnormal block": np.full(600, 1e-40, np.float32),
        "subnormal beside one": np.where(np.arange(600) % 7, 1e-40, 1.0).astype(np.float32),
        "largest": np.array([LARGEST, -LARGEST, LARGEST / 3, 1, 0], np.float32),
        "smallest scale": np.array([MINIMUM_SCALE, -MINIMUM_SCALE / 3, 2.0**-118], np.float32),
        "below the smallest scale": np.array([np.nextafter(MINIMUM_SCALE, np.float32(0)), 1e-35], np.float32),
        "zeros": np.zeros(1000, np.float32),
        "negative zeros": np.full(257, -0.0, np.float32),
        "empty": np.zeros(0, np.float32),
        "one": np.array([-3.5], np.float32),
    }


@pytest.mark.parametrize("name", vectors())
def test_encoding_gives_the_bytes_of_a_search_among_the_thresholds(name: str) -> None:
    x = vectors()[name]
    assert encode(x) == reference_payload(x)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 513, 32_768, 32_769, 33_024, 65_537])
def test_encoding_is_right_at_the_borders_of_blocks_and_chunks(size: int) -> None:
    x = np.random.default_rng(size).standard_normal(size).astype(np.float32)
    payload = encode(x)
    assert payload == reference_payload(x)
    assert len(payload) == CODEC.payload_size(size) == size + 4 * -(-size // 256)


def test_encoding_settles_every_threshold_and_its_neighbours() -> None:
    for scale in np.array([1, 3, 0.7, 1e-20, 2e30, LARGEST, MINIMUM_SCALE], np.float32):
        at = THRESHOLDS * scale
        x = np.concatenate([at, np.nextafter(at, np.float32(0)), np.nextafter(at, np.float32(np.inf)), -at])
        x = np.concatenate([np.append(part, scale) for part in np.array_split(x, 4)])
        blocks = np.zeros((4, BLOCK), np.float32)
        blocks[:, :128] = x.reshape(4, 128)
        assert encode(blocks.reshape(-1)) == reference_payload(blocks.reshape(-1))


def test_a_value_on_a_threshold_goes_up() -> None:
    codes = encode(np.append(THRESHOLDS, np.float32(1)))[4:]
    assert list(codes[:127]) == CODES[1:].tolist()


def test_each_of_the_256_codes_survives_decoding_and_encoding() -> None:
    scale = np.float32(0.37)
    payload = scale.tobytes() + bytes(range(256))
    x = decode(payload, 256)
    assert np.array_equal(x, VALUES * scale)
    again = bytearray(encode(x))
    assert again[4 + 254] == 126  # the second code of zero
    again[4 + 254] = 254
    assert bytes(again) == payload


def test_decoding_multiplies_in_float32() -> None:
    scales = np.array([1.1, 7e-20], np.float32)
    codes = np.arange(500, dtype=np.int64).astype(np.uint8)
    expected = np.concatenate([VALUES[codes[:256]] * scales[0], VALUES[codes[256:]] * scales[1]])
    assert decode(scales.tobytes() + codes.tobytes(), 500).tobytes() == expected.tobytes()


def test_zeros_of_both_signs_encode_as_126_and_decode_as_plus_zero() -> None:
    payload = encode(np.array([0.0, -0.0, 1.0], np.float32))
    assert payload[4:] == bytes([126, 126, 127])
    assert decode(payload, 3).tobytes() == np.array([0, 0, 1], np.float32).tobytes()


def test_an_outlier_costs_its_own_block_only() -> None:
    x = np.random.default_rng(0).standard_normal(1024).astype(np.float32)
    x[300] = 1e30
    y = decode(encode(x), 1024)
    assert np.all(y[256:300] == 0)
    assert y[300] == np.float32(1e30)
    for block in (slice(0, 256), slice(512, 1024)):
        assert np.allclose(x[block], y[block], rtol=0.3, atol=1e-5)


def test_normal_numbers_lose_1_324_percent() -> None:
    x = np.random.default_rng(1).standard_normal(4_000_000).astype(np.float32)
    y = decode(encode(x), x.size)
    assert 100 * np.mean(np.abs(x - y) / np.abs(x), dtype=np.float64) == pytest.approx(1.324, abs=0.004)


def test_heavy_tails_survive() -> None:
    x = np.random.default_rng(1).standard_t(3, 1_000_000).astype(np.float32)
    y = decode(encode(x), x.size)
    assert 100 * np.mean(np.abs(x - y) / np.abs(x), dtype=np.float64) == pytest.approx(1.85, abs=0.02)


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=600))
@settings(deadline=None)
def test_any_finite_vector_encodes_as_the_definition_says(values: list[float]) -> None:
    x = np.array(values, np.float32)
    assert encode(x) == reference_payload(x)


@given(st.integers(1, 600), st.integers(0, 2**32), st.floats(-90, 100))
@settings(deadline=None)
def test_a_decoded_vector_is_a_fixed_point(size: int, seed: int, exponent: float) -> None:
    x = (np.random.default_rng(seed).standard_normal(size) * 2.0**exponent).astype(np.float32)
    y = decode(encode(x), size)
    assert decode(encode(y), size).tobytes() == y.tobytes()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 255, 256, 40_000, 40_100])
def test_nan_and_infinity_are_refused_with_their_block(value: float, place: int) -> None:
    x = np.ones(40_101, np.float32)
    x[place] = value
    first = place // 256 * 256
    with pytest.raises(CodecError) as error:
        encode(x)
    assert f"got NaN or infinity in elements {first} to {min(first + 255, 40_100)}" in str(error.value)


@pytest.mark.parametrize("x", [np.ones((2, 3), np.float32), np.ones(3, np.float64), np.ones(3, np.int32)])
def test_only_float32_vectors_are_encoded(x: np.ndarray) -> None:
    with pytest.raises(CodecError, match="expected a float32 vector"):
        encode(x)


@pytest.mark.parametrize(("size", "count"), [(0, 1), (5, 2), (260, 257), (261, 256), (4, 0)])
def test_a_payload_of_another_size_is_refused(size: int, count: int) -> None:
    with pytest.raises(CodecError, match=f"expected a payload of {CODEC.payload_size(count)} bytes, got {size}"):
        decode(bytes(size), count)


@pytest.mark.parametrize("scale", [np.nan, np.inf, -1.0, 1e-40, 2.0**-101])
def test_a_payload_with_a_scale_that_no_encoder_writes_is_refused(scale: float) -> None:
    scales = np.array([1, scale], "<f4")
    with pytest.raises(CodecError, match="for block 1"):
        decode(scales.tobytes() + bytes(300), 300)


def test_payloads_may_be_bytes_bytearrays_or_memoryviews() -> None:
    payload = encode(np.arange(5, dtype=np.float32))
    decoded = [CODEC.decode(form, 5, BACKEND).numpy() for form in (payload, bytearray(payload), memoryview(payload))]
    assert all(np.array_equal(decoded[0], other) for other in decoded[1:])


def test_an_empty_vector_has_an_empty_payload() -> None:
    assert encode(np.zeros(0, np.float32)) == b""
    assert decode(b"", 0).shape == (0,)
