"""The convolution layer: shapes, gradients, and what does not fit."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mathcore import NetworkError, ShapeError
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
        ((2, 7, 8, 2), {"out_size": 3, "ksize": [3, 2], "dilation": [2, 3], "pad": 1, "stride": [1, 2]}),
        ((2, 5, 5, 6), {"out_size": 4, "ksize": 3, "group": 2, "bias": False}),
        ((2, 6, 5, 3), {"out_size": 6, "ksize": 3, "group": 3, "pad": 2, "dilation": 2}),
        ((1, 5, 6, 4), {"out_size": 4, "ksize": [2, 3], "group": 4, "stride": 2, "pad": 1}),
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


def test_dilation_and_groups_count_in_shapes_and_operations() -> None:
    layer = Convolution2D("conv", {"out_size": 8, "ksize": 3, "dilation": [1, 2], "group": 4, "bias": False})
    assert layer.infer_shapes([(10, 12, 16)]) == ((8, 8, 8),)
    specs = layer.parameter_specs()
    assert list(specs) == ["w"]
    assert (specs["w"].shape, specs["w"].fan_in) == ((3, 3, 4, 8), 36)
    assert layer.forward_flops() == 2 * 8 * 8 * 3 * 3 * 4 * 8


def test_groups_that_do_not_divide_are_named() -> None:
    with pytest.raises(NetworkError) as error:
        Convolution2D("conv2", {"out_size": 6, "ksize": 1, "group": 4})
    assert str(error.value) == (
        'convolution_2d "conv2": expected out_size to be a multiple of group 4, got 6; change one'
    )
    with pytest.raises(ShapeError) as shape_error:
        Convolution2D("conv2", {"out_size": 6, "ksize": 1, "group": 2}).infer_shapes([(4, 4, 3)])
    assert str(shape_error.value) == (
        'convolution_2d "conv2": expected x with a multiple of 2 channels, got (N, 4, 4, 3); change group'
    )


@pytest.mark.parametrize("params", [{"bias": 1}, {"dilation": 0}, {"group": 0}, {"dilation": [1]}])
def test_settings_of_the_wrong_kind_are_named(params: dict[str, Any]) -> None:
    (name,) = params
    with pytest.raises(NetworkError, match=f'convolution_2d "conv2": expected {name} to be .* correct the params'):
        Convolution2D("conv2", {"out_size": 6, "ksize": 1, **params})


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
