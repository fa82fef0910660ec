"""Initial values."""

import tracemalloc

import numpy as np
import pytest

from mathcore import NetworkError
from mathcore.layers import Filler, ParameterSpec
from mathcore.network.fillers import PART, PURPOSE, fill
from mathcore.random import philox


def test_xavier_fills_evenly_up_to_the_root_of_three_over_fan_in() -> None:
    values = fill(ParameterSpec((500, 100), Filler("xavier"), 75), seed=1, place=0)
    assert values.dtype == np.float32
    assert 0.1999 < values.max() <= 0.2
    assert -0.2 <= values.min() < -0.1999
    assert abs(values.mean()) < 0.002
    # The variance of Caffe's filler is 1 / fan-in.
    assert values.var() == pytest.approx(1 / 75, rel=0.02)


def test_places_and_seeds_differ() -> None:
    spec = ParameterSpec((10,), Filler("xavier"), 3)
    values = [fill(spec, seed=seed, place=place).tobytes() for seed in (0, 1) for place in (0, 1)]
    assert len(set(values)) == 4


def test_zero_fills_zeros() -> None:
    assert not fill(ParameterSpec((3, 4)), seed=1, place=0).any()


def test_an_unknown_filler_is_refused() -> None:
    with pytest.raises(NetworkError, match="expected filler constant, uniform, gaussian, xavier or msra, got 'random'"):
        fill(ParameterSpec((3,), Filler("random")), seed=1, place=0)


def test_uniform_fills_evenly_from_low_to_high() -> None:
    values = fill(ParameterSpec((500, 100), Filler("uniform", low=-1, high=3)), seed=1, place=0)
    assert -1 <= values.min() < -0.999
    assert 2.999 < values.max() <= 3
    assert values.mean() == pytest.approx(1, abs=0.02)


def test_gaussian_and_msra_have_their_standard_deviations() -> None:
    gaussian = fill(ParameterSpec((500, 101), Filler("gaussian", mean=2, std=0.5)), seed=1, place=0)
    assert (gaussian.mean(), gaussian.std()) == (pytest.approx(2, abs=0.01), pytest.approx(0.5, rel=0.01))
    msra = fill(ParameterSpec((500, 101), Filler("msra"), 50), seed=1, place=0)
    assert (msra.mean(), msra.std()) == (pytest.approx(0, abs=0.005), pytest.approx(0.2, rel=0.01))


def test_filling_in_parts_gives_the_bits_of_the_whole() -> None:
    size = 2 * PART + 7
    stream = (PURPOSE, 3)
    values = fill(ParameterSpec((size,), Filler("uniform")), seed=5, place=3)
    assert values.tobytes() == philox.uniform(5, stream, size).tobytes()
    values = fill(ParameterSpec((size,), Filler("gaussian")), seed=5, place=3)
    assert values.tobytes() == philox.normal(5, stream, size).tobytes()
    centred = philox.uniform(5, stream, size) * np.float32(2) - np.float32(1)
    values = fill(ParameterSpec((size,), Filler("xavier"), 3), seed=5, place=3)
    assert values.tobytes() == centred.tobytes()


def test_filling_a_large_array_needs_little_more_memory_than_it() -> None:
    tracemalloc.start()
    values = fill(ParameterSpec((20 * PART,), Filler("msra"), 9), seed=1, place=0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * values.nbytes
