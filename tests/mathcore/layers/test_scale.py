"""A learned factor for each channel."""

from collections.abc import Callable

import numpy as np
import pytest

from mathcore import NetworkError, ShapeError
from mathcore.backends.base import Backend
from mathcore.layers import Layer, Scale


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(3, 7), (1, 1), (2, 3, 4, 5)])
def test_gradients_agree_with_central_differences(
    check_gradient: Callable[[Layer, list[np.ndarray]], None], shape: tuple[int, ...], bias: bool
) -> None:
    check_gradient(Scale("scale", {"bias": bias}), [np.random.default_rng(1).standard_normal(shape)])


def test_channels_are_multiplied_and_shifted(backend: Backend) -> None:
    layer = Scale("scale", {"bias": True})
    layer.infer_shapes([(2, 1, 3)])
    x = np.arange(12, dtype=np.float32).reshape(2, 2, 1, 3)
    parameters = {"gamma": backend.asarray([1.0, 10.0, 100.0]), "beta": backend.asarray([0.5, 0.25, 0.125])}
    gradients = {name: backend.zeros((3,)) for name in parameters}
    (y,), backward = layer.forward(parameters, backend.asarray(x))
    assert y.numpy().tolist() == (x * [1, 10, 100] + [0.5, 0.25, 0.125]).tolist()
    (dx,) = backward((backend.asarray(x),), gradients)
    assert dx is not None
    assert dx.numpy().tolist() == (x * [1, 10, 100]).tolist()
    assert gradients["gamma"].numpy().tolist() == (x * x).sum((0, 1, 2)).tolist()
    assert gradients["beta"].numpy().tolist() == x.sum((0, 1, 2)).tolist()


def test_parameters_start_as_one_and_zero() -> None:
    layer = Scale("scale", {"bias": True, "in_size": 3})
    layer.infer_shapes([(3,)])
    assert [(name, spec.filler.value) for name, spec in layer.parameter_specs().items()] == [("gamma", 1), ("beta", 0)]


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(ShapeError, match='scale "s": expected x of shape .*; set in_size to 3 or leave it out'):
        Scale("s", {"in_size": 4}).infer_shapes([(3,)])
    with pytest.raises(NetworkError, match='scale "s": expected bias to be true or false, got 1'):
        Scale("s", {"bias": 1})
