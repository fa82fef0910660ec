"""The pooling layer: shapes, gradients, and what does not fit."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mathcore import NetworkError, ShapeError
from mathcore.backends import create
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
        ((2, 8, 6, 2), {"ksize": 3, "stride": 2}),
        ((2, 8, 6, 2), {"ksize": 3, "stride": 2, "rounding": "floor"}),
        ((2, 8, 6, 2), {"ksize": 3, "stride": 2, "pad": 1, "include_pad": False}),
        ((2, 4, 3, 2), {"global": True}),
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
    assert layer.infer_shapes([(9, 9, 4)]) == ((5, 5, 4),)
    layer = Pooling2D("pool", {"ksize": [3, 2], "stride": 2, "pad": [1, 0], "type": "max", "rounding": "floor"})
    assert layer.infer_shapes([(9, 9, 4)]) == ((5, 4, 4),)
    assert layer.parameter_specs() == {}


@pytest.mark.parametrize(
    ("size", "params", "count"),
    [
        (112, {"ksize": 3, "stride": 2}, 56),
        (112, {"ksize": 3, "stride": 2, "rounding": "floor"}, 55),
        (112, {"ksize": 3, "stride": 2, "pad": 1}, 57),
        (6, {"ksize": 1, "stride": 4}, 2),  # the third would begin behind the image
        (3, {"ksize": 2, "stride": 2, "pad": 1}, 2),  # the third would lie in the padding alone
    ],
)
def test_windows_are_counted_as_caffe_and_pytorch_do(size: int, params: dict[str, Any], count: int) -> None:
    layer = Pooling2D("pool", {**params, "type": "average"})
    assert layer.infer_shapes([(size, size, 1)]) == ((count, count, 1),)


@pytest.mark.parametrize(("include_pad", "corner"), [(True, 1 / 4), (False, 1.0)])
def test_means_divide_by_what_their_windows_hold(include_pad: bool, corner: float) -> None:
    layer = Pooling2D("pool", {"ksize": 2, "stride": 2, "pad": 1, "type": "average", "include_pad": include_pad})
    assert layer.infer_shapes([(4, 4, 1)]) == ((3, 3, 1),)
    (y,), _ = layer.forward({}, create("numpy").asarray(np.ones((1, 4, 4, 1))))
    assert y.numpy()[0, :, :, 0].tolist()[0] == [corner, 1 / 2 if include_pad else 1, corner]


def test_what_lies_beyond_the_padding_never_counts() -> None:
    layer = Pooling2D("pool", {"ksize": 2, "stride": 2, "type": "average"})
    assert layer.infer_shapes([(3, 3, 1)]) == ((2, 2, 1),)
    (y,), _ = layer.forward({}, create("numpy").asarray(np.ones((1, 3, 3, 1))))
    assert np.array_equal(y.numpy(), np.ones((1, 2, 2, 1)))


def test_a_global_window_takes_the_whole_image() -> None:
    layer = Pooling2D("pool", {"global": True, "type": "average"})
    assert layer.infer_shapes([(5, 7, 2)]) == ((1, 1, 2),)
    x = np.random.default_rng(0).standard_normal((2, 5, 7, 2))
    (y,), _ = layer.forward({}, create("numpy").asarray(x))
    np.testing.assert_allclose(y.numpy(), x.mean(axis=(1, 2), keepdims=True), rtol=1e-12)
    with pytest.raises(NetworkError, match='pooling_2d "pool": expected no ksize beside global'):
        Pooling2D("pool", {"global": True, "ksize": 2, "type": "average"})
    with pytest.raises(NetworkError, match="expected windows of at most 256 elements for max"):
        Pooling2D("pool", {"global": True, "type": "max"}).infer_shapes([(17, 17, 1)])


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
