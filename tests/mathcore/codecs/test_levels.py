"""sr4 and ternary: the bytes of the definition, expected values, and what payloads are refused."""

from fractions import Fraction
from functools import cache

import numpy as np
import pytest

from mathcore import CodecError, codecs
from mathcore.backends import create
from mathcore.codecs.levels import HIGHEST, LOWEST, PURPOSE, SR4, TERNARY, factors_of, scale_values, scales_of
from mathcore.random.layer_stream import LAYERS
from mathcore.random.philox import philox

BACKEND = create("numpy")
LEVELS = {"sr4": SR4, "ternary": TERNARY}
KEY = codecs.coding_key(2**40 + 5, 9, 2)
LARGEST = np.finfo(np.float32).max


def number(key: np.ndarray, element: int) -> int:
    """Return the 24 random bits of an element."""
    block, place = divmod(element, 256)
    group, turn = divmod(block, 4)
    w, column = divmod(place, 64)
    word = words(tuple(key.view(np.uint32).tolist()), 64 * group + column)[w]
    return (word << 8 * turn | word >> (32 - 8 * turn)) >> 8 & 0xFFFFFF


@cache
def words(key: tuple[int, int, int, int], block: int) -> list[int]:
    """Return the four words of a block of Philox."""
    low, high, step, shard = key
    drawn: list[int] = philox(np.array([[block], [PURPOSE], [step], [shard]], np.uint32), (low, high))[:, 0].tolist()
    return drawn


def scale_bits(block: np.ndarray, levels: int) -> int:
    """Return the smallest 16-bit scale that reaches the largest magnitude, found by trying."""
    largest = Fraction(float(np.abs(block).max()))
    if largest < Fraction(1, 2**96):
        return 0
    near = max(LOWEST[levels], int(np.float32(largest / levels).view(np.uint32) >> 15) - 2)
    fits = (bits for bits in range(near, HIGHEST[levels]) if levels * exact_scale(bits) >= largest)
    return next(fits, HIGHEST[levels])


def exact_scale(bits: int) -> Fraction:
    return (256 + (bits & 255)) * Fraction(2) ** ((bits >> 8) - 135)


def reference(name: str, x: np.ndarray, key: np.ndarray) -> bytes:
    """Encode element by element as ``levels.py`` defines it."""
    levels, scales, rounded = LEVELS[name], [], []
    for start in range(0, x.size, 256):
        block = x[start : start + 256]
        bits = scale_bits(block, levels)
        scales.append(bits)
        for place, value in enumerate(block):
            whole = 0
            if bits:
                scale = exact_scale(bits)
                mantissa = np.float32(256 + (bits & 255)) / np.float32(256)
                reciprocal = np.float32(1) / mantissa
                if np.float32(levels) * mantissa * reciprocal > levels:
                    reciprocal = np.nextafter(reciprocal, np.float32(0))
                factor = np.float32(float(Fraction(float(reciprocal)) * Fraction(2) ** (151 - (bits >> 8))))
                limit = np.float32(float(levels * scale))
                whole = int(np.clip(value, -limit, limit) * factor)
            rounded.append((whole + number(key, start + place)) // 2**24)
    front = np.array(scales, "<u2").tobytes()
    if name == "sr4":
        nibbles = [level & 15 for level in rounded] + [0] * (x.size % 2)
        return front + bytes(low | high << 4 for low, high in zip(nibbles[::2], nibbles[1::2], strict=True))
    trits = [level + 1 for level in rounded] + [1] * (-x.size % 5)
    return front + bytes(sum(trits[k + j] * 3**j for j in range(5)) for k in range(0, len(trits), 5))


def vectors() -> dict[str, np.ndarray]:
    generator = np.random.default_rng(0)
    normal = generator.standard_normal(2571).astype(np.float32)
    outlier = normal[:1100].copy()
    outlier[300] = 1e30
    return {
        "normal": normal,
        "heavy tails": generator.standard_t(1.5, 1025).astype(np.float32),
        "every power of two": np.exp2(generator.uniform(-149, 127, 1201)).astype(np.float32),
        "outlier of 1e30": outlier,
        "subnormal beside one": np.where(np.arange(600) % 7, 1e-40, 1.0).astype(np.float32),
        "largest": np.array([LARGEST, -LARGEST, LARGEST / 3, 1, 0], np.float32),
        "smallest": np.array([2.0**-96, -(2.0**-97), 1.1e-38, 2.0**-127], np.float32),
        "below the smallest": np.array([np.nextafter(np.float32(2.0**-96), np.float32(0)), 1e-35], np.float32),
        "one": np.array([-3.5], np.float32),
        "empty": np.zeros(0, np.float32),
    }


def encode(name: str, x: np.ndarray, key: np.ndarray = KEY) -> bytes:
    return codecs.create(name).encode(BACKEND.asarray(x), key)


def decode(name: str, payload: bytes, count: int) -> np.ndarray:
    return codecs.create(name).decode(payload, count, BACKEND).numpy()


@pytest.mark.parametrize("name", LEVELS)
@pytest.mark.parametrize("vector", vectors())
def test_bytes_are_those_of_the_definition(name: str, vector: str) -> None:
    x = vectors()[vector]
    assert encode(name, x) == reference(name, x, KEY)


@pytest.mark.parametrize("name", LEVELS)
def test_a_long_vector_is_cut_into_parts_without_a_trace(name: str) -> None:
    x = np.random.default_rng(1).standard_normal(300_007).astype(np.float32)
    payload = encode(name, x)
    y = decode(name, payload, x.size)
    for start in (0, 32_512, 130_816, 131_072, 262_144, 299_776):
        block = np.arange(start, min(start + 256, x.size))
        scale = exact_scale(int(np.frombuffer(payload, "<u2")[start // 256]))
        levels = [round(Fraction(float(value)) / scale) for value in y[block]]
        bits = np.frombuffer(payload, "<u2")[start // 256 : start // 256 + 1].astype(np.int32)
        factor = factors_of(bits, LEVELS[name])[0]
        whole = (x[block] * factor).astype(np.int64)
        assert levels == [(int(n) + number(KEY, int(i))) // 2**24 for n, i in zip(whole, block, strict=True)]


@pytest.mark.parametrize("levels", [SR4, TERNARY])
def test_scales_are_the_smallest_that_reach_the_largest_magnitude(levels: int) -> None:
    bits = np.arange(LOWEST[levels], HIGHEST[levels], 7, dtype=np.int32)
    reach = np.float32(levels) * scale_values(bits)
    for largest, expected in ((reach, bits), (np.nextafter(reach, np.float32(np.inf)), bits + 1)):
        usable = largest >= np.float32(2.0**-96)
        assert np.array_equal(scales_of(largest.view(np.uint32), levels)[usable], expected[usable])


@pytest.mark.parametrize("name", LEVELS)
def test_the_mean_over_many_keys_is_the_vector(name: str) -> None:
    generator = np.random.default_rng(3)
    x = generator.standard_normal(1300).astype(np.float32) * np.float32(0.01)
    x[:20] = np.float32(1e-5) * np.arange(-10, 10, dtype=np.float32)
    draws = 2500
    total = np.zeros(x.size)
    for step in range(draws):
        payload = encode(name, x, codecs.coding_key(1, step, 0))
        total += decode(name, payload, x.size)
    scale = np.repeat(scale_values(np.frombuffer(payload, "<u2", 6).astype(np.int32)), 256)[: x.size].astype(np.float64)
    error, chance = total / draws - x, np.abs(x) / scale % 1
    deviation = scale * np.sqrt(chance * (1 - chance) / draws)
    # 1,300 normal numbers are below 4 almost surely; for rare events, which are not normal, two draws more.
    assert np.all(np.abs(error) < 5 * deviation + 2 * scale / draws)
    # All together: the sum of the errors is no further from 0 than chance has it.
    assert abs(np.sum(error)) < 4 * np.sqrt(np.sum(deviation**2))


@pytest.mark.parametrize("name", LEVELS)
def test_what_shares_a_word_is_rounded_as_if_it_did_not(name: str) -> None:
    x = np.full(1024, 0.4, np.float32)
    x[::256] = 7 if name == "sr4" else 1  # scale 1
    payloads = [encode(name, x, codecs.coding_key(5, step, 0)) for step in range(60)]
    rounded = np.hstack([decode(name, payload, 1024).reshape(4, 256)[:, 1:] for payload in payloads])
    correlation = np.corrcoef(rounded)[np.triu_indices(4, 1)]
    assert np.abs(correlation).max() < 0.035  # 15,300 draws: a standard deviation of 0.008


def test_numbers_depend_on_seed_step_and_shard_and_on_no_length() -> None:
    x = np.full(5000, 0.5, np.float32)
    x[::256] = 1
    keys = [codecs.coding_key(*words) for words in [(1, 2, 3), (2, 2, 3), (1 + 2**32, 2, 3), (1, 3, 3), (1, 2, 4)]]
    rounded = [decode("ternary", encode("ternary", x, key), x.size) for key in keys]
    for first in range(len(keys)):
        for second in range(first):
            assert 0.4 < np.mean(rounded[first] == rounded[second]) < 0.62
    for size in (1, 255, 256, 257, 1023, 4096, 4999):
        assert np.array_equal(decode("ternary", encode("ternary", x[:size], keys[0]), size), rounded[0][:size])


@pytest.mark.parametrize("levels", [SR4, TERNARY])
def test_no_factor_takes_an_element_beyond_the_last_level(levels: int) -> None:
    bits = np.arange(LOWEST[levels], HIGHEST[levels] + 1, dtype=np.int32)
    assert (np.float32(levels) * scale_values(bits) * factors_of(bits, levels)).max() == levels * 2.0**24


def test_the_largest_elements_of_blocks_never_go_beyond_the_last_level() -> None:
    # One draw in two million would take 7 to 8 with these scales, were their reciprocals rounded upwards.
    scales = np.arange(256, 512, dtype=np.float32) / np.float32(256)
    upwards = scales[np.float32(7) * scales * (np.float32(1) / scales) > 7]
    x = np.repeat(np.float32(7) * np.resize(upwards, 2**16), 256)
    levels = decode("sr4", encode("sr4", x), x.size) / (x / np.float32(7))
    assert set(np.rint(levels).tolist()) <= {6.0, 7.0}


def test_no_layer_draws_from_the_stream_of_codecs() -> None:
    assert PURPOSE < LAYERS


@pytest.mark.parametrize("name", LEVELS)
def test_what_was_decoded_encodes_to_itself_with_any_key(name: str) -> None:
    levels = LEVELS[name]
    for exponent in (-90, -3, 0, 100):
        scale = (1 + np.arange(256, dtype=np.float32) / 256) * np.float32(2.0**exponent)
        x = (scale[:, None] * np.resize(np.arange(-levels, levels + 1, dtype=np.float32), 256)).reshape(-1)
        for step in range(3):
            assert decode(name, encode(name, x, codecs.coding_key(0, step, 0)), x.size).tobytes() == x.tobytes()


@pytest.mark.parametrize("name", LEVELS)
def test_a_key_of_another_type_is_refused(name: str) -> None:
    for key in (KEY.view(np.uint32), KEY[:3]):
        with pytest.raises(CodecError, match=f"{name}: expected a key of int32"):
            encode(name, np.ones(3, np.float32), key)


@pytest.mark.parametrize("name", LEVELS)
def test_a_payload_with_a_scale_that_no_encoder_writes_is_refused(name: str) -> None:
    codec, levels = codecs.create(name), LEVELS[name]
    for scale in (1, LOWEST[levels] - 1, HIGHEST[levels] + 1, 0xFFFF):
        payload = np.array([0, scale], "<u2").tobytes() + bytes(codec.payload_size(300) - 4)
        with pytest.raises(CodecError, match=f"^{name}: expected scales of 0 or .* got {scale:#06x} for block 1;"):
            codec.decode(payload, 300, BACKEND)


@pytest.mark.parametrize("byte", [0x08, 0x80, 0x18, 0x8F])
def test_sr4_refuses_the_level_minus_8(byte: int) -> None:
    payload = bytearray(encode("sr4", np.ones(300, np.float32)))
    payload[4 + 57] = byte
    with pytest.raises(CodecError, match=f"levels of -7 to 7, got byte {byte:#04x} for elements 114 and 115; send"):
        decode("sr4", bytes(payload), 300)


def test_ternary_refuses_bytes_above_242() -> None:
    payload = bytearray(encode("ternary", np.ones(300, np.float32)))
    for byte in range(243, 256):
        payload[4 + 11] = byte
        with pytest.raises(CodecError, match=f"bytes of 0 to 242, got {byte} for the elements from 55 on"):
            decode("ternary", bytes(payload), 300)


@pytest.mark.parametrize(("name", "count"), [("sr4", 7), *(("ternary", count) for count in range(6, 10))])
def test_levels_behind_the_last_element_are_refused(name: str, count: int) -> None:
    payload = bytearray(encode(name, np.ones(count, np.float32)))
    payload[-1] = 0x11 if name == "sr4" else 242
    with pytest.raises(CodecError, match=f"^{name}: expected .* behind the last element, got"):
        decode(name, bytes(payload), count)
