"""The rectifier."""

from collections.abc import Callable

import numpy as np
import pytest

from mathcore.layers import Layer, ReLU


@pytest.mark.parametrize("shape", [(3, 7), (1, 1), (2, 3, 4, 5)])
def test_gradients_agree_with_central_differences(
    check_gradient: Callable[[Layer, list[np.ndarray]], None], shape: tuple[int, ...]
) -> None:
    x = np.random.default_rng(1).standard_normal(shape)
    check_gradient(ReLU("relu", {}), [x + np.copysign(0.01, x)])  # away from the corner at 0


def test_the_shape_stays() -> None:
    assert ReLU("relu", {}).infer_shapes([(3, 4, 5)]) == ((3, 4, 5),)
