"""A first convolution and the maxima of its outputs in one go."""

from __future__ import annotations

import numpy as np
import pytest

from mathcore.backends.base import Backend
from mathcore.layers.convolution_2d import Convolution2D
from mathcore.layers.fused.convolution_max_pooling import ConvolutionMaxPooling, can_follow
from mathcore.layers.pooling_2d import Pooling2D


def layers(**changed: object) -> tuple[Convolution2D, Pooling2D]:
    """Return a convolution that needs no dx and the pooling after it, on images of 8 x 10 x 2."""
    convolution = Convolution2D("c", {"out_size": 5, "ksize": 3, "pad": 1})
    pooling = Pooling2D("p", {"ksize": 2, "stride": 2, "type": "max", **changed})
    pooling.infer_shapes(convolution.infer_shapes([(8, 10, 2)]))
    convolution.needs_input_gradient = False
    return convolution, pooling


def test_it_computes_what_the_layers_do_one_by_one(backend: Backend) -> None:
    convolution, pooling = layers()
    generator = np.random.default_rng(0)
    values = {"w": generator.standard_normal((3, 3, 2, 5)), "b": generator.standard_normal(5)}
    parameters = {name: backend.asarray(value.astype(np.float32)) for name, value in values.items()}
    x = backend.asarray(generator.standard_normal((3, 8, 10, 2)).astype(np.float32))
    dy = backend.asarray(generator.standard_normal((3, 4, 5, 5)).astype(np.float32))
    got, expected = ({name: backend.zeros(w.shape) for name, w in parameters.items()} for _ in range(2))

    (y,), backward = ConvolutionMaxPooling(convolution).forward(parameters, x)
    assert backward((dy,), got) == (None,)
    (z,), convolution_backward = convolution.forward(parameters, x)
    (y_apart,), pooling_backward = pooling.forward({}, z)
    (dz,) = pooling_backward((dy,), {})
    assert dz is not None
    convolution_backward((dz,), expected)

    np.testing.assert_allclose(y.numpy(), y_apart.numpy(), rtol=0, atol=1e-5 * np.abs(y_apart.numpy()).max())
    for name in got:  # sums of 240 products in another order
        np.testing.assert_allclose(got[name].numpy(), expected[name].numpy(), rtol=0, atol=1e-4)


@pytest.mark.parametrize("changed", [{"type": "average"}, {"ksize": 3}, {"stride": 1}, {"pad": 1}])
def test_other_windows_are_left_alone(changed: dict[str, object]) -> None:
    assert can_follow(*layers())
    assert not can_follow(*layers(**changed))


def test_a_convolution_whose_input_needs_a_gradient_is_left_alone() -> None:
    convolution, pooling = layers()
    convolution.needs_input_gradient = True
    assert not can_follow(convolution, pooling)
