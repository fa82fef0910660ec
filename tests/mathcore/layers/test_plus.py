"""The sum of blobs."""

from collections.abc import Callable

import numpy as np
import pytest

from mathcore import ShapeError
from mathcore.backends.base import Backend
from mathcore.layers import Layer, Plus


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_gradients_agree_with_central_differences(
    check_gradient: Callable[[Layer, list[np.ndarray]], None], count: int
) -> None:
    generator = np.random.default_rng(1)
    check_gradient(Plus("plus", {}), [generator.standard_normal((2, 3, 2)) for _ in range(count)])


def test_inputs_are_added_and_left_as_they_are(backend: Backend) -> None:
    inputs = [backend.asarray(np.full((2, 3), value, np.float32)) for value in (1, 20, 300)]
    layer = Plus("plus", {"n_input": 3})
    layer.infer_shapes([(3,)] * 3)
    (y,), backward = layer.forward({}, *inputs)
    assert y.numpy().tolist() == [[321] * 3] * 2
    assert [x.numpy()[0, 0] for x in inputs] == [1, 20, 300]
    assert backward((y,), {}) == (y, y, y)


def test_inputs_of_two_shapes_are_named() -> None:
    with pytest.raises(ShapeError) as error:
        Plus("sum", {}).infer_shapes([(4, 4, 3), (4, 4, 5)])
    assert str(error.value) == (
        'plus "sum": expected inputs of one shape, got (N, 4, 4, 3) and (N, 4, 4, 5); make the layers before it alike'
    )
