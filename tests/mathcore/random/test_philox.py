"""Philox against the known answers of the Random123 library, and the numbers made from it."""

import hashlib

import numpy as np
import pytest

from mathcore import MathcoreError
from mathcore.random import philox as random

ALL_ONES = 0xFFFFFFFF

# kat_vectors of Random123, generator philox4x32-10: counter, key, result.
KNOWN_ANSWERS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ALL_ONES,) * 4, (ALL_ONES,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN_ANSWERS)
def test_philox_gives_the_known_answers_of_random123(
    counter: tuple[int, ...], key: tuple[int, int], expected: tuple[int, ...]
) -> None:
    words = random.philox(np.array(counter, np.uint32)[:, None], key)
    assert tuple(int(word) for word in words[:, 0]) == expected


def test_the_first_words_of_seed_zero_and_stream_zero_are_the_first_known_answer() -> None:
    assert tuple(random.words(0, 0, 4)) == KNOWN_ANSWERS[0][2]


def test_a_longer_draw_starts_with_the_shorter_one() -> None:
    assert np.array_equal(random.words(7, (1, 2, 3), 1001)[:13], random.words(7, (1, 2, 3), 13))


def test_seeds_and_streams_give_different_numbers() -> None:
    draws = [random.words(seed, stream, 8) for seed in (0, 1, 2**32, 2**64 - 1) for stream in (0, (0, 1), (0, 0, 1), 5)]
    assert len({draw.tobytes() for draw in draws}) == len(draws)


def test_a_stream_number_alone_is_the_stream_followed_by_zeros() -> None:
    assert np.array_equal(random.words(3, 9, 5), random.words(3, (9, 0, 0), 5))


def test_uniform_numbers_are_float32_below_one_with_the_mean_and_variance_of_the_distribution() -> None:
    numbers = random.uniform(1, 0, (1000, 1000))
    assert numbers.dtype == np.float32
    assert numbers.shape == (1000, 1000)
    assert 0 <= numbers.min() < 1e-5
    assert 1 - 1e-5 < numbers.max() < 1
    # A million numbers: the standard errors are 2.9e-4 and 7.5e-5; four of them.
    assert abs(numbers.mean(dtype=np.float64) - 1 / 2) < 1.2e-3
    assert abs(numbers.var(dtype=np.float64) - 1 / 12) < 3e-4


@pytest.mark.parametrize("shape", [0, 1, (3, 0), (), (5, 7)])
def test_uniform_numbers_take_any_shape(shape: int | tuple[int, ...]) -> None:
    assert random.uniform(1, 0, shape).shape == ((shape,) if isinstance(shape, int) else shape)


def test_integers_cover_their_range_evenly() -> None:
    counts = np.bincount(random.integers(1, 0, 100_000, high=10), minlength=10)
    assert len(counts) == 10
    assert np.all(np.abs(counts - 10_000) < 4 * np.sqrt(9_000))


def test_integers_reach_the_largest_range() -> None:
    numbers = random.integers(1, 0, 100_000, high=2**31)
    assert numbers.dtype == np.int64
    assert 0 <= numbers.min() < 2**20
    assert 2**31 - 2**20 < numbers.max() < 2**31


@pytest.mark.parametrize("n", [0, 1, 2, 60_000])
def test_a_permutation_holds_every_number_once(n: int) -> None:
    permutation = random.permutation(1, (2, 3), n)
    assert permutation.dtype == np.int64
    assert np.array_equal(np.sort(permutation), np.arange(n))


def test_permutations_of_two_epochs_differ() -> None:
    assert not np.array_equal(random.permutation(1, (2, 0), 1000), random.permutation(1, (2, 1), 1000))


def test_a_permutation_is_the_same_on_every_machine() -> None:
    digest = hashlib.sha256(random.permutation(1, (2, 0), 60_000).astype("<i8").tobytes()).hexdigest()
    assert digest == "6f9cde1062725c0e1ff37ee4136363fe626e347aa42100e0c822e0f007088b02"


def test_every_number_comes_to_every_place_of_a_permutation_equally_often() -> None:
    places = np.stack([random.permutation(seed, 0, 6) for seed in range(6000)])
    counts = np.stack([np.bincount(places[:, place], minlength=6) for place in range(6)])
    assert np.all(np.abs(counts - 1000) < 5 * np.sqrt(833))


@pytest.mark.parametrize(
    ("seed", "stream", "count", "message"),
    [
        (-1, 0, 1, "expected a seed of 0 to 2**64 - 1, got -1"),
        (2**64, 0, 1, "expected a seed"),
        (0, -1, 1, "expected a stream"),
        (0, 2**32, 1, "expected a stream"),
        (0, (0, 0, 0, 0), 1, "expected a stream"),
        (0, (), 1, "expected a stream"),
        (0, 0, -1, "expected a count"),
    ],
)
def test_what_is_out_of_range_is_named(seed: int, stream: int | tuple[int, ...], count: int, message: str) -> None:
    with pytest.raises(MathcoreError) as error:
        random.words(seed, stream, count)
    assert message in str(error.value)


@pytest.mark.parametrize("high", [0, -1, 2**31 + 1])
def test_integers_refuse_an_empty_or_too_large_range(high: int) -> None:
    with pytest.raises(MathcoreError, match="expected high of 1 to 2"):
        random.integers(0, 0, 1, high=high)


@pytest.mark.parametrize(("low", "high"), [(0, 10), (-5, 5), (-(2**31), 2**31), (2**31 - 1, 2**31), (-(2**31), 0)])
def test_int32_integers_cover_their_range_evenly(low: int, high: int) -> None:
    numbers = random.int32_integers(1, 0, 10_000, low=low, high=high)
    assert numbers.dtype == np.int32
    assert low <= numbers.min() <= numbers.max() < high
    counts = np.bincount((numbers.astype(np.int64) - low) * min(10, high - low) // (high - low))
    expected = len(numbers) / len(counts)
    assert np.all(np.abs(counts - expected) < 4 * np.sqrt(expected))


def test_int32_integers_are_the_integers_moved_to_their_range() -> None:
    moved = random.int32_integers(4, (1, 2), (3, 5), low=-7, high=1000)
    assert np.array_equal(moved, random.integers(4, (1, 2), (3, 5), high=1007) - 7)


@pytest.mark.parametrize(("low", "high"), [(0, 0), (5, 4), (0, 2**31 + 1), (-(2**31) - 1, 0)])
def test_int32_integers_refuse_an_empty_or_too_large_range(low: int, high: int) -> None:
    with pytest.raises(MathcoreError, match="expected -2\\*\\*31 <= low < high <= 2\\*\\*31, got low"):
        random.int32_integers(0, 0, 1, low=low, high=high)


def test_numbers_computed_in_parts_are_those_of_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = random.words(3, (1, 2), 1001)
    uniform = random.uniform(3, (1, 2), 1001)
    monkeypatch.setattr(random, "PART_BLOCKS", 7)
    assert np.array_equal(random.words(3, (1, 2), 1001), whole)
    assert np.array_equal(random.uniform(3, (1, 2), 1001), uniform)
