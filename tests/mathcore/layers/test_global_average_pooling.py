"""The mean of each channel of an image."""

from collections.abc import Callable

import numpy as np
import pytest

from mathcore import ShapeError
from mathcore.layers import GlobalAveragePooling, Layer


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (1, 1, 1, 1)])
def test_gradients_agree_with_central_differences(
    check_gradient: Callable[[Layer, list[np.ndarray]], None], shape: tuple[int, ...]
) -> None:
    check_gradient(GlobalAveragePooling("pool", {}), [np.random.default_rng(1).standard_normal(shape)])


def test_shapes_are_inferred() -> None:
    assert GlobalAveragePooling("pool", {}).infer_shapes([(7, 7, 2048)]) == ((2048,),)
    with pytest.raises(ShapeError, match='global_average_pooling "pool": expected x of shape'):
        GlobalAveragePooling("pool", {}).infer_shapes([(2048,)])
