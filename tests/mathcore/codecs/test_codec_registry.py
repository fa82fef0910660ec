"""Codecs by name, and what all of them promise."""

import numpy as np
import pytest

from mathcore import CodecError, codecs
from mathcore.backends import create

BACKEND = create("numpy")
NAMES = ("float32", "float16", "dynamic8", "dynamic8_legacy", "sr4", "ternary")
KEY = codecs.coding_key(7, 3, 1)


def through(name: str, x: np.ndarray) -> np.ndarray:
    codec = codecs.create(name)
    payload = codec.encode(BACKEND.asarray(x), KEY)
    assert len(payload) == codec.payload_size(x.size)
    return codec.decode(payload, x.size, BACKEND).numpy()


def test_every_codec_knows_its_own_name() -> None:
    assert codecs.names() == NAMES
    assert [codecs.create(name).name for name in codecs.names()] == list(codecs.names())


def test_an_unknown_codec_is_refused_with_the_names() -> None:
    with pytest.raises(CodecError) as error:
        codecs.create("dynamic")
    assert str(error.value) == f"codec: expected one of {', '.join(NAMES)}, got 'dynamic'"


@pytest.mark.parametrize(
    ("name", "bits"),
    [("float32", 32), ("float16", 16), ("dynamic8", 8.125), ("sr4", 4.0625), ("ternary", 1.6625)],
)
def test_payloads_have_the_stated_bits_an_element(name: str, bits: float) -> None:
    assert codecs.create(name).payload_size(1_280_000) * 8 / 1_280_000 == bits


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [0, 1, 2, 5, 255, 257, 1023, 1025, 1281, 33_001])
def test_zeros_stay_zeros_at_any_length(name: str, size: int) -> None:
    y = through(name, np.zeros(size, np.float32))
    assert y.shape == (size,)
    assert y.dtype == np.float32
    assert not y.any()


@pytest.mark.parametrize("name", NAMES)
def test_subnormal_numbers_become_subnormal_or_zero(name: str) -> None:
    x = (np.random.default_rng(0).integers(-9, 9, 1000) * 1e-42).astype(np.float32)
    assert np.abs(through(name, x)).max() <= 9e-42


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("outlier", [1e30, -1e30, 3.4028235e38])
def test_an_outlier_leaves_a_finite_vector_with_its_sign(name: str, outlier: float) -> None:
    x = np.random.default_rng(0).standard_normal(1500).astype(np.float32)
    x[700] = outlier
    y = through(name, x)
    assert np.isfinite(y).all()
    assert np.sign(y[700]) == np.sign(outlier)
    if name not in ("float16", "dynamic8_legacy"):  # the one ends at 65504, the other has one scale for all
        assert y[700] == pytest.approx(outlier, rel=0.3)
        assert np.abs(y[1024:] - x[1024:]).max() < 4.5


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [np.nan, -np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 300, 2999])
def test_nan_and_infinity_are_refused_with_elements_among_which_they_are(name: str, value: float, place: int) -> None:
    x = np.ones(3000, np.float32)
    x[place] = value
    with pytest.raises(CodecError, match=f"^{name}: .* got NaN or infinity in elements") as error:
        codecs.create(name).encode(BACKEND.asarray(x), KEY)
    first, last = (int(word.rstrip(";")) for word in str(error.value).split("elements ")[1].split()[:3:2])
    assert first <= place <= last < min(first + 256, 3000)


@pytest.mark.parametrize("name", NAMES)
def test_a_payload_of_another_size_is_refused(name: str) -> None:
    codec = codecs.create(name)
    for size in (codec.payload_size(700) - 1, codec.payload_size(700) + 1, 0):
        with pytest.raises(CodecError, match=f"^{name}: expected a payload of {codec.payload_size(700)} bytes"):
            codec.decode(bytes(size), 700, BACKEND)


@pytest.mark.parametrize("name", NAMES)
def test_only_float32_vectors_are_encoded(name: str) -> None:
    for x in (np.ones((2, 3), np.float32), np.ones(3, np.float64)):
        with pytest.raises(CodecError, match=f"^{name}: expected a float32 vector"):
            codecs.create(name).encode(BACKEND.asarray(x), KEY)


@pytest.mark.parametrize("name", NAMES)
def test_random_payloads_decode_to_finite_vectors_or_are_refused_in_one_line(name: str) -> None:
    codec, generator = codecs.create(name), np.random.default_rng(5)
    refused = []
    for _ in range(300):
        count = int(generator.integers(0, 20))
        try:
            y = codec.decode(generator.bytes(codec.payload_size(count)), count, BACKEND).numpy()
        except CodecError as error:
            refused.append(str(error))
        else:
            assert y.shape == (count,)
            assert np.isfinite(y).all()
    assert all(line.startswith(f"{name}: expected ") and "\n" not in line for line in refused)
    assert refused
