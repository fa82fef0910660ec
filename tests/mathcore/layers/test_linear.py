"""The linear layer: shapes, gradients, and what does not fit."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mathcore import NetworkError, ShapeError
from mathcore.backends import create
from mathcore.layers import Layer, Linear

BACKEND = create("numpy")


@pytest.mark.parametrize("shape", [(3, 7), (1, 1), (2, 3, 4, 5), (5, 2, 1)])
def test_gradients_agree_with_central_differences(
    check_gradient: Callable[[Layer, list[np.ndarray]], None], shape: tuple[int, ...]
) -> None:
    check_gradient(Linear("fc", {"out_size": 3}), [np.random.default_rng(1).standard_normal(shape)])


def test_gradients_without_a_bias(check_gradient: Callable[[Layer, list[np.ndarray]], None]) -> None:
    layer = Linear("fc", {"out_size": 3, "bias": False})
    check_gradient(layer, [np.random.default_rng(1).standard_normal((2, 5))])
    assert list(layer.parameter_specs()) == ["w"]


def test_images_are_read_as_rows_in_memory_order() -> None:
    layer = Linear("fc", {"out_size": 1})
    layer.infer_shapes([(2, 2, 1)])
    parameters = {"w": BACKEND.asarray([[1.0], [10.0], [100.0], [1000.0]]), "b": BACKEND.asarray([0.5])}
    (y,), _ = layer.forward(parameters, BACKEND.asarray(np.arange(4, dtype=np.float32).reshape(1, 2, 2, 1)))
    assert y.numpy().tolist() == [[3210.5]]


def test_shapes_are_inferred() -> None:
    layer = Linear("fc", {"out_size": 10})
    assert layer.infer_shapes([(12, 12, 20)]) == ((10,),)
    assert layer.parameter_specs()["w"].shape == (2880, 10)
    assert layer.parameter_specs()["w"].fan_in == 2880
    assert layer.forward_flops() == 2 * 2880 * 10


@pytest.mark.parametrize(
    "params", [{"in_size": 2880}, {"in_shape": [12, 12, 20]}, {"in_size": 2880, "in_shape": [12, 12, 20]}]
)
def test_given_sizes_that_fit_are_accepted(params: dict[str, Any]) -> None:
    assert Linear("fc", {"out_size": 10, **params}).infer_shapes([(12, 12, 20)]) == ((10,),)


def test_the_data_gradient_is_left_out_where_nobody_needs_it() -> None:
    layer = Linear("fc", {"out_size": 2})
    layer.infer_shapes([(3,)])
    layer.needs_input_gradient = False
    arrays = {"w": BACKEND.zeros((3, 2)), "b": BACKEND.zeros((2,))}
    (y,), backward = layer.forward(arrays, BACKEND.zeros((4, 3)))
    assert backward((y,), {"w": BACKEND.zeros((3, 2)), "b": BACKEND.zeros((2,))}) == (None,)


def test_another_in_shape_is_named() -> None:
    with pytest.raises(ShapeError) as error:
        Linear("fc3", {"out_size": 10, "in_shape": [12, 12, 20]}).infer_shapes([(4, 4, 50)])
    assert str(error.value) == (
        'linear "fc3": expected x of shape (N, 12, 12, 20), got (N, 4, 4, 50); '
        "set in_shape to [4, 4, 50] or leave it out"
    )


def test_another_in_size_is_named() -> None:
    with pytest.raises(ShapeError) as error:
        Linear("fc3", {"out_size": 10, "in_size": 784}).infer_shapes([(28, 28, 3)])
    assert str(error.value) == (
        'linear "fc3": expected x of shape (N, 784), got (N, 28, 28, 3); set in_size to 2352 or leave it out'
    )


def test_in_size_and_in_shape_that_contradict_are_refused() -> None:
    with pytest.raises(NetworkError, match="expected in_size to be the product of in_shape"):
        Linear("fc3", {"out_size": 10, "in_size": 5, "in_shape": [2, 2]})
