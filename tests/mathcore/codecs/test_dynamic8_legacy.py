"""The published 8-bit encoder: its search written out, and the errors that its paper states."""

import numpy as np
import pytest

from mathcore import CodecError, codecs
from mathcore.backends import create
from mathcore.codecs.dynamic_tree import CODES, LEGACY_HIGHEST, LEGACY_LOWEST, VALUES
from mathcore.random import philox as random

BACKEND = create("numpy")
CODEC = codecs.create("dynamic8_legacy")
KEY = codecs.coding_key(0, 0, 0)


def published_code(x: float) -> int:
    """Return the code of a magnitude of 0 to 1: a search that only ever compares with odd codes."""
    if x < np.float32(LEGACY_LOWEST):
        return 126
    if x > np.float32(LEGACY_HIGHEST):
        return 127
    code, below, above = 63, 0, 125
    for step in (32, 16, 8, 4, 2, 1):
        if x > VALUES[code]:
            below, code = code, code + step
        else:
            above, code = code, code - step
    if code == 126:  # past the table
        return 125
    if code == below:
        return code if abs(VALUES[code] - x) < VALUES[above] - x else above
    return code if VALUES[code] - x < abs(VALUES[below] - x) else below


def relative_error(x: np.ndarray) -> float:
    """Return the mean of |x - y| / |x| in percent."""
    y = CODEC.decode(CODEC.encode(BACKEND.asarray(x), KEY), x.size, BACKEND).numpy()
    return float(100 * np.mean(np.abs(x - y) / np.abs(x), dtype=np.float64))


def test_codes_are_those_of_the_published_search() -> None:
    magnitudes = np.concatenate([random.uniform(2, 0, 4000), np.geomspace(1e-7, 1, 4000).astype(np.float32)])
    x = np.append(magnitudes * np.tile(np.array([1, -1], np.float32), 4000), np.float32(1))
    codes = np.frombuffer(CODEC.encode(BACKEND.asarray(x), KEY), np.uint8, offset=4)
    expected = [published_code(float(magnitude)) for magnitude in np.abs(x)]
    assert (codes & 127).tolist() == [code & 127 for code in expected]
    assert np.array_equal(codes >= 128, (x < 0) & (codes != 126))


def test_uniform_numbers_lose_1_39_percent_as_published() -> None:
    x = random.uniform(1, 0, 4_000_000)
    assert relative_error(x[x > 0]) == pytest.approx(1.39, abs=0.015)


def test_normal_numbers_lose_2_46_percent_as_published() -> None:
    # The error grows with the largest element, which is the scale: 5.55 is that of a few million normal numbers.
    x = np.random.default_rng(1).standard_normal(4_000_000).astype(np.float32)
    assert relative_error(np.append(np.clip(x, -5.55, 5.55), np.float32(5.55))) == pytest.approx(2.46, abs=0.03)


def test_each_of_the_256_codes_survives_decoding_and_encoding() -> None:
    x = VALUES * np.float32(0.37)
    codes = bytearray(CODEC.encode(BACKEND.asarray(x), KEY)[4:])
    assert codes[254] == 126  # the second code of zero
    codes[254] = 254
    assert codes == bytes(range(256))
    assert np.array_equal(CODES, np.argsort(VALUES[:128]))


def test_there_is_one_scale_in_front() -> None:
    x = np.array([0.5, -3, 1, 2] * 400, np.float32)
    assert CODEC.encode(BACKEND.asarray(x), KEY)[:4] == np.array([3], "<f4").tobytes()


@pytest.mark.parametrize("scale", [np.nan, np.inf, -1.0, 1e-40])
def test_a_payload_with_a_scale_that_no_encoder_writes_is_refused(scale: float) -> None:
    with pytest.raises(CodecError, match="dynamic8_legacy: expected scales of 0 or"):
        CODEC.decode(np.array([scale], "<f4").tobytes() + bytes(30), 30, BACKEND)
