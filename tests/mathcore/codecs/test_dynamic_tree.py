"""The values and thresholds of the 8-bit dynamic tree, and the errors they lead to."""

import numpy as np
import pytest

from mathcore.codecs.dynamic_tree import CODES, THRESHOLDS, VALUES, magnitude
from mathcore.random import philox as random

ASCENDING = VALUES[CODES]


def nearest(x: np.ndarray) -> np.ndarray:
    """Return the values of the nearest codes with one scale for the whole vector, as the published figures have it."""
    scale = np.abs(x).max()
    magnitudes: np.ndarray = ASCENDING[np.searchsorted(THRESHOLDS * scale, np.abs(x), side="right")] * scale
    y: np.ndarray = np.copysign(magnitudes, x)
    return y


def relative_error(x: np.ndarray, y: np.ndarray) -> float:
    """Return the mean of |x - y| / |x| in percent."""
    return float(100 * np.mean(np.abs(x - y) / np.abs(x), dtype=np.float64))


def test_the_first_magnitude_is_2_75e_6_and_the_last_before_one_is_0_99140625() -> None:
    assert ASCENDING[:2].tolist() == [0.0, np.float32(2.75e-6)]
    assert ASCENDING[-2:].tolist() == [np.float32(0.99140625), 1.0]


def test_all_128_magnitudes_differ_and_each_code_with_the_sign_bit_is_the_negative() -> None:
    assert np.all(np.diff(ASCENDING) > 0)
    assert np.array_equal(VALUES[128:], -VALUES[:128])


def test_codes_of_zero_and_one_are_those_of_the_definition() -> None:
    assert [VALUES[code] for code in (126, 254, 127, 255)] == [0, 0, 1, -1]
    assert CODES[0] == 126
    assert CODES[127] == 127


def test_a_decade_holds_twice_as_many_magnitudes_as_the_one_below() -> None:
    counts = np.histogram(ASCENDING[1:-1], bins=[10.0**power for power in range(-6, 1)])[0]
    assert counts.tolist() == [2, 4, 8, 16, 32, 64]


def test_magnitudes_follow_the_formula_at_a_code_worked_out_by_hand() -> None:
    # Code 65 is pattern 67 = 64 + 3: k = 6, j = 3, h = 32, hi = 1, lo = 0.1, mid = 0.45.
    assert magnitude(65) == pytest.approx(0.1 + 0.35 * 3.5 / 32, rel=1e-15)
    # Code 110 is pattern 112 = 64 + 48: j - h = 16.
    assert magnitude(110) == pytest.approx(0.45 + 0.55 * 16.5 / 32, rel=1e-15)


def test_thresholds_lie_halfway_between_neighbours() -> None:
    assert THRESHOLDS.dtype == np.float32
    assert np.all((ASCENDING[:-1] < THRESHOLDS) & (ASCENDING[1:] > THRESHOLDS))
    middle = (ASCENDING[:-1].astype(np.float64) + ASCENDING[1:]) / 2
    assert np.allclose(THRESHOLDS, middle, rtol=2**-24, atol=0)


def test_tables_cannot_be_changed() -> None:
    assert not any(table.flags.writeable for table in (VALUES, CODES, THRESHOLDS))


def test_uniform_numbers_lose_0_935_percent() -> None:
    x = random.uniform(1, 0, 2_000_000)
    x = x[x > 0]
    assert relative_error(x, nearest(x)) == pytest.approx(0.935, abs=0.002)


def test_normal_numbers_lose_1_668_percent_with_one_scale() -> None:
    # The error grows with the largest element, which is the scale: 5.55 is that of a few million normal numbers.
    x = np.random.default_rng(1).standard_normal(2_000_000).astype(np.float32)
    x = np.append(np.clip(x, -5.55, 5.55), np.float32(5.55))
    assert relative_error(x, nearest(x)) == pytest.approx(1.668, abs=0.01)
