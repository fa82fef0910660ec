"""The pooling layer: shapes, gradients, and what does not fit."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mathcore import NetworkError, ShapeError
from mathcore.layers import Layer, Pooling2D


@pytest.mark.parametrize("kind", ["max", "average"])
@pytest.mark.parametrize(
    ("shape", "params"),
    [
        ((2, 6, 6, 3), {"ksize": 2, "stride": 2}),
        ((2, 7, 5, 2), {"ksize": 3, "stride": 2, "pad": 1}),
        ((1, 9, 8, 1), {"ksize": [4, 2], "stride": [1, 3], "pad": [2, 0]}),
        ((3, 5, 5, 2), {"ksize": 3}),
        ((1, 1, 1, 1), {"ksize": 1}),
        ((2, 7, 7, 1), {"ksize": 2, "stride": 3}),
    ],
)
def test_gradients_agree_with_central_differences(
    check_gradient: Callable[[Layer, list[np.ndarray]], None],
    kind: str,
    shape: tuple[int, ...],
    params: dict[str, Any],
) -> None:
    # Maxima have a derivative where no two elements of a window are equal: a shuffled ramp keeps them 0.1 apart.
    x = np.random.default_rng(1).permutation(np.prod(shape)).reshape(shape) / 10
    check_gradient(Pooling2D("pool", {**params, "type": kind}), [x])


def test_shapes_are_inferred() -> None:
    layer = Pooling2D("pool", {"ksize": [3, 2], "stride": 2, "pad": [1, 0], "type": "max"})
    assert layer.infer_shapes([(9, 9, 4)]) == ((5, 4, 4),)
    assert layer.parameter_specs() == {}


def test_a_window_in_the_padding_alone_is_refused() -> None:
    with pytest.raises(NetworkError) as error:
        Pooling2D("pool1", {"ksize": [3, 2], "pad": [2, 2], "type": "max"})
    assert str(error.value) == (
        'pooling_2d "pool1": expected pad less than ksize [3, 2], got [2, 2]; '
        "a window must not lie in the padding alone"
    )


def test_windows_of_maxima_hold_at_most_256_elements() -> None:
    Pooling2D("pool1", {"ksize": 16, "type": "max"})
    Pooling2D("pool1", {"ksize": 17, "type": "average"})
    with pytest.raises(NetworkError, match="expected windows of at most 256 elements for max, got ksize"):
        Pooling2D("pool1", {"ksize": 17, "type": "max"})


def test_a_wrong_type_is_named() -> None:
    with pytest.raises(NetworkError) as error:
        Pooling2D("pool1", {"ksize": 2, "type": "maximum"})
    assert str(error.value) == (
        'pooling_2d "pool1": expected type to be "max" or "average", got \'maximum\'; correct the params'
    )


def test_an_image_smaller_than_the_window_is_named() -> None:
    with pytest.raises(ShapeError, match='pooling_2d "pool1": expected x of at least 3 x 3'):
        Pooling2D("pool1", {"ksize": 3, "type": "max"}).infer_shapes([(2, 2, 1)])
