"""Initial values."""

import numpy as np
import pytest

from mathcore import NetworkError
from mathcore.layers import Filler, ParameterSpec
from mathcore.network.fillers import fill


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
    with pytest.raises(NetworkError, match="expected filler constant or xavier, got 'gaussian'"):
        fill(ParameterSpec((3,), Filler("gaussian")), seed=1, place=0)
