"""The convolution layer: shapes, gradients, and what does not fit."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mathcore import ShapeError
from mathcore.backends import create
from mathcore.layers import Convolution2D, Filler, Layer

BACKEND = create("numpy")


@pytest.mark.parametrize(
    ("shape", "params"),
    [
        ((2, 5, 5, 3), {"out_size": 4, "ksize": 3}),
        ((3, 7, 6, 2), {"out_size": 3, "ksize": [2, 4], "stride": 2, "pad": 1}),
        ((1, 9, 4, 1), {"out_size": 2, "ksize": [5, 1], "stride": [3, 2], "pad": [2, 0]}),
        ((2, 1, 1, 5), {"out_size": 1, "ksize": 1}),
        ((2, 3, 3, 2), {"out_size": 3, "ksize": 3, "pad": 2}),
        ((1, 8, 8, 1), {"out_size": 1, "ksize": 2, "stride": 3}),
    ],
)
def test_gradients_agree_with_central_differences(
    check_gradient: Callable[[Layer, list[np.ndarray]], None], shape: tuple[int, ...], params: dict[str, Any]
) -> None:
    x = np.random.default_rng(1).standard_normal(shape)
    check_gradient(Convolution2D("conv", params), [x])


def test_shapes_are_inferred() -> None:
    layer = Convolution2D("conv", {"out_size": 20, "ksize": [5, 3], "stride": [2, 1], "pad": [0, 1]})
    assert layer.infer_shapes([(28, 28, 7)]) == ((12, 28, 20),)
    specs = layer.parameter_specs()
    assert (specs["w"].shape, specs["w"].fan_in, specs["w"].filler) == ((5, 3, 7, 20), 105, Filler("xavier"))
    assert (specs["b"].shape, specs["b"].filler) == ((20,), Filler("constant"))
    assert layer.forward_flops() == 2 * 12 * 28 * 5 * 3 * 7 * 20


def test_the_data_gradient_is_left_out_where_nobody_needs_it() -> None:
    layer = Convolution2D("conv", {"out_size": 2, "ksize": 3})
    layer.infer_shapes([(5, 5, 1)])
    parameters = {name: BACKEND.zeros(spec.shape) for name, spec in layer.parameter_specs().items()}
    (y,), backward = layer.forward(parameters, BACKEND.zeros((1, 5, 5, 1)))
    gradients = {name: BACKEND.zeros(spec.shape) for name, spec in layer.parameter_specs().items()}
    (dx,) = backward((y,), gradients)
    assert dx is not None
    assert dx.shape == (1, 5, 5, 1)
    layer.needs_input_gradient = False
    assert backward((y,), gradients) == (None,)


def test_a_channel_count_that_does_not_fit_is_named() -> None:
    layer = Convolution2D("conv2", {"out_size": 20, "ksize": 5, "in_size": 3})
    with pytest.raises(ShapeError) as error:
        layer.infer_shapes([(28, 28, 1)])
    assert str(error.value) == (
        'convolution_2d "conv2": expected x of shape (N, H, W, 3), got (N, 28, 28, 1); set in_size to 1'
    )


def test_an_image_smaller_than_the_kernel_is_named() -> None:
    with pytest.raises(ShapeError) as error:
        Convolution2D("conv2", {"out_size": 20, "ksize": 5}).infer_shapes([(4, 28, 1)])
    assert str(error.value) == (
        'convolution_2d "conv2": expected x of at least 5 x 5 with pad [0, 0], got (N, 4, 28, 1); '
        "use a smaller ksize or more pad"
    )


def test_rows_are_no_images() -> None:
    with pytest.raises(ShapeError, match=r"expected x of shape \(N, H, W, C\), got \(N, 10\)"):
        Convolution2D("conv2", {"out_size": 20, "ksize": 5}).infer_shapes([(10,)])
