"""The params that say how arrays are filled at the start."""

from __future__ import annotations

from typing import Any

import pytest

from mathcore import NetworkError
from mathcore.layers import Convolution2D, Filler, Linear


def test_layers_with_weights_take_fillers() -> None:
    fillers = {"weight_filler": {"type": "gaussian", "std": 0.01}, "bias_filler": {"type": "constant", "value": 1}}
    for layer, shape in (
        (Linear("fc", {"out_size": 2, **fillers}), (5,)),
        (Convolution2D("conv", {"out_size": 2, "ksize": 3, **fillers}), (5, 5, 1)),
    ):
        layer.infer_shapes([shape])
        specs = layer.parameter_specs()
        assert specs["w"].filler == Filler("gaussian", std=0.01)
        assert specs["b"].filler == Filler("constant", value=1)


def test_xavier_and_zero_are_the_default() -> None:
    layer = Linear("fc", {"out_size": 2})
    layer.infer_shapes([(5,)])
    specs = layer.parameter_specs()
    assert (specs["w"].filler, specs["b"].filler) == (Filler("xavier"), Filler("constant"))


def test_all_types_are_read() -> None:
    for given, expected in (
        ({"type": "uniform", "min": -2, "max": 3}, Filler("uniform", low=-2, high=3)),
        ({"type": "msra"}, Filler("msra")),
        ({"type": "xavier"}, Filler("xavier")),
    ):
        layer = Linear("fc", {"out_size": 2, "weight_filler": given})
        assert layer.weight_filler == expected


@pytest.mark.parametrize(
    ("filler", "message"),
    [
        ("xavier", "expected weight_filler to be an object such as {\"type\": \"xavier\"}, got 'xavier'"),
        ({}, 'weight_filler: expected param type ("constant" or '),
        ({"type": "gauss"}, 'weight_filler: expected type to be "constant" or '),
        ({"type": "gaussian", "std": -1}, "weight_filler: expected std to be a number of 0 to 7.5e+37, got -1"),
        ({"type": "gaussian", "sdt": 1}, "weight_filler: unknown param 'sdt'; did you mean \"std\"?"),
        ({"type": "xavier", "std": 1}, "weight_filler: unknown param 'std'"),
        ({"type": "uniform", "min": 2}, "weight_filler: expected min up to max, got 2 and 1; swap them"),
    ],
)
def test_wrong_fillers_are_named(filler: Any, message: str) -> None:
    with pytest.raises(NetworkError) as error:
        Linear("fc1", {"out_size": 2, "weight_filler": filler})
    assert str(error.value).startswith(f'linear "fc1": {message}')
