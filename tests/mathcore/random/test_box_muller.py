"""Normal numbers against the distribution they should have, and the functions they are made with against libm's."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest

from mathcore.random import box_muller, philox

MILLION = 1_000_000
LARGEST = 0xFFFFFFFF


@pytest.fixture(scope="module")
def numbers() -> np.ndarray:
    return philox.normal(1, 0, 4 * MILLION).astype(np.float64)


def below(z: float) -> float:
    """Return the probability that a normal number is below ``z``."""
    return math.erfc(-z / math.sqrt(2)) / 2


def test_the_distribution_is_normal_by_the_test_of_kolmogorov_and_smirnov(numbers: np.ndarray) -> None:
    ordered = np.sort(numbers[:MILLION])
    expected = np.array([below(z) for z in ordered])
    steps = np.arange(MILLION + 1) / MILLION
    distance = max((steps[1:] - expected).max(), (expected - steps[:-1]).max())
    assert distance * math.sqrt(MILLION) < 1.63  # 1 % of true samples exceed it


def test_the_first_moments_are_those_of_the_distribution(numbers: np.ndarray) -> None:
    # Four standard errors of each, for four million numbers.
    error = 4 / math.sqrt(len(numbers))
    assert abs(numbers.mean()) < error
    assert abs((numbers**2).mean() - 1) < math.sqrt(2) * error
    assert abs((numbers**3).mean()) < math.sqrt(15) * error
    assert abs((numbers**4).mean() - 3) < math.sqrt(96) * error


@pytest.mark.parametrize(
    ("z", "probability"),
    [
        (0.6744897502, 0.25), (1.2815515655, 0.1), (2.3263478740, 0.01), (3.0902323062, 1e-3), (3.7190164855, 1e-4),
        (4.2648907939, 1e-5),
    ],
)  # fmt: skip
def test_the_quantiles_are_those_of_the_tables(z: float, probability: float, numbers: np.ndarray) -> None:
    expected = len(numbers) * probability
    for count in (np.count_nonzero(numbers > z), np.count_nonzero(numbers < -z)):
        assert abs(count - expected) < 4 * math.sqrt(expected)


def test_the_two_numbers_of_a_pair_are_independent(numbers: np.ndarray) -> None:
    first, second = numbers[0::2], numbers[1::2]
    error = 4 / math.sqrt(len(first))
    assert abs((first * second).mean()) < error
    assert abs(((first**2 - 1) * (second**2 - 1)).mean()) < 2 * error


def test_the_largest_number_lies_beyond_six_and_a_half() -> None:
    words = np.array([0, 0x1FFFFFFF, 0, 0x9FFFFFFF], np.uint32)
    largest, _, smallest, _ = box_muller.normal(words)
    assert largest == -smallest
    assert abs(largest - math.sqrt(64 * math.log(2))) < 1e-6


def test_every_word_gives_a_number() -> None:
    edges = np.array([0, 1, 2, 3, 2**31 - 1, 2**31, 2**31 + 1, LARGEST - 1, LARGEST], np.uint32)
    words = np.stack(np.meshgrid(edges, edges), axis=-1).reshape(-1)
    assert np.isfinite(box_muller.normal(words)).all()


def test_logarithm_root_and_direction_agree_with_libm() -> None:
    words = np.concatenate([philox.words(3, 0, 100_000), np.arange(100), LARGEST - np.arange(100)]).astype(np.uint32)
    # The logarithm is that of the upper 24 bits.
    odd = (words | 1).astype(np.float64)
    unit = 2.0 ** (np.floor(np.log2(odd)) - 23)
    log = -np.log(np.floor(odd / unit) * unit / 2**32)
    assert np.allclose(box_muller._minus_log(words), log, rtol=2e-7, atol=0)
    assert np.allclose(box_muller._root(log.astype(np.float32)) ** 2.0, log.astype(np.float32), rtol=6e-7, atol=0)
    # The angle is that of the upper 26 bits, in the middle of its step.
    angle = ((words >> 6) + 0.5) / 2**26 * 2 * math.pi - math.pi / 4
    cosine, sine = box_muller._direction(words)
    assert np.allclose(cosine, np.cos(angle), rtol=0, atol=2e-7)
    assert np.allclose(sine, np.sin(angle), rtol=0, atol=2e-7)


def test_the_numbers_are_the_same_on_every_machine() -> None:
    digest = hashlib.sha256(philox.normal(1, (2, 3), 100_001).astype("<f4").tobytes()).hexdigest()
    assert digest == "6b6fd29bef9d9a97828c07737cd4bfd24b9bab0a1e83ce7012a2ae3d2f6c210d"


@pytest.mark.parametrize("shape", [0, 1, 3, (), (3, 0), (5, 7)])
def test_normal_numbers_take_any_shape_and_begin_alike(shape: int | tuple[int, ...]) -> None:
    x = philox.normal(1, 0, shape)
    assert x.dtype == np.float32
    assert x.shape == ((shape,) if isinstance(shape, int) else shape)
    assert np.array_equal(x.reshape(-1), philox.normal(1, 0, 100)[: x.size])
