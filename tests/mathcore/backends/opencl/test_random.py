"""Random numbers of a device: the bits of the NumPy backend's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathcore import MathcoreError
from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl import random
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.random import philox
from tests.mathcore.backends.opencl.comparison import assert_same_bits

SHAPES = [(), (0,), (1,), (2,), (3,), (4,), (5,), (31,), (64,), (67,), (3, 0), (7, 11, 13), (100_003,)]
STREAMS = [(0, (0,)), (2**64 - 1, (2**32 - 1,) * 3), (2**32, (0, 5, 2**31))]


@pytest.mark.parametrize(("seed", "stream"), STREAMS)
@pytest.mark.parametrize("shape", SHAPES)
def test_uniform_numbers_have_the_bits_of_the_specification(
    shape: tuple[int, ...], seed: int, stream: tuple[int, ...], device: OpenCLBackend, reference: NumpyBackend
) -> None:
    assert_same_bits(device.random_uniform(seed, stream, shape), reference.random_uniform(seed, stream, shape))


@pytest.mark.parametrize(("seed", "stream"), STREAMS)
@pytest.mark.parametrize("shape", SHAPES)
def test_normal_numbers_have_the_bits_of_the_specification(
    shape: tuple[int, ...], seed: int, stream: tuple[int, ...], device: OpenCLBackend, reference: NumpyBackend
) -> None:
    assert_same_bits(device.random_normal(seed, stream, shape), reference.random_normal(seed, stream, shape))


def test_a_million_normal_numbers_have_the_bits_of_the_specification(
    device: OpenCLBackend, reference: NumpyBackend
) -> None:
    assert_same_bits(device.random_normal(1, (9,), (1_000_001,)), reference.random_normal(1, (9,), (1_000_001,)))


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (-5, 7), (-(2**31), 2**31), (0, 2**31), (2**31 - 1, 2**31), (-(2**31), 1)]
)
@pytest.mark.parametrize("shape", SHAPES)
def test_integers_have_the_bits_of_the_specification(
    shape: tuple[int, ...], low: int, high: int, device: OpenCLBackend, reference: NumpyBackend
) -> None:
    arguments = (2**63 + 5, (1, 2, 3), shape)
    assert_same_bits(
        device.random_integers(*arguments, low=low, high=high),
        reference.random_integers(*arguments, low=low, high=high),
    )


@settings(deadline=None, max_examples=100)
@given(
    seed=st.integers(0, 2**64 - 1),
    stream=st.tuples(*[st.integers(0, 2**32 - 1)] * 3),
    size=st.integers(0, 300),
    ends=st.tuples(st.integers(-(2**31), 2**31), st.integers(-(2**31), 2**31)).filter(lambda pair: pair[0] != pair[1]),
)
def test_any_seed_stream_and_range_gives_the_bits_of_the_specification(
    seed: int, stream: tuple[int, ...], size: int, ends: tuple[int, int], device: OpenCLBackend, reference: NumpyBackend
) -> None:
    low, high = sorted(ends)
    for ours, expected in (
        (device.random_uniform(seed, stream, (size,)), reference.random_uniform(seed, stream, (size,))),
        (device.random_normal(seed, stream, (size,)), reference.random_normal(seed, stream, (size,))),
        (
            device.random_integers(seed, stream, (size,), low=low, high=high),
            reference.random_integers(seed, stream, (size,), low=low, high=high),
        ),
    ):
        assert_same_bits(ours, expected)


@pytest.mark.parametrize(("seed", "stream"), [(-1, (0,)), (2**64, (0,)), (0, (2**32,)), (0, ()), (0, (1, 2, 3, 4))])
def test_what_is_out_of_range_is_refused(seed: int, stream: tuple[int, ...], device: OpenCLBackend) -> None:
    for draw in (device.random_uniform, device.random_normal):
        with pytest.raises(MathcoreError, match="random: expected a s"):
            draw(seed, stream, (1,))
    with pytest.raises(MathcoreError, match="random: expected a s"):
        device.random_integers(seed, stream, (1,), low=0, high=1)


def test_an_empty_range_is_refused(device: OpenCLBackend) -> None:
    with pytest.raises(MathcoreError, match="random: expected -2"):
        device.random_integers(0, (0,), (1,), low=1, high=1)


def test_drawing_fills_whole_arrays_and_nothing_behind_them(device: OpenCLBackend) -> None:
    for size in range(257, 300):
        whole = device.zeros((1024,))
        random._draw(device, "draw_normal", device.view(whole, 256, (size,)), philox.key_words(1, 1))
        assert np.array_equal(np.flatnonzero(whole.numpy()), np.arange(256, 256 + size))
