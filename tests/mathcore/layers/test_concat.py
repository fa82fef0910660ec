"""Blobs one after another along an axis."""

from collections.abc import Callable

import numpy as np
import pytest

from mathcore import ShapeError
from mathcore.backends.base import Backend
from mathcore.layers import Concat, Layer

CASES = [
    ([(2, 3, 4, 5), (2, 3, 4, 1)], {}, 3),
    ([(2, 3, 4, 5), (2, 1, 4, 5), (2, 2, 4, 5)], {"axis": 1}, 1),
    ([(1, 2), (1, 3)], {"axis": 1}, 1),
    ([(3, 7)], {}, 1),
]


@pytest.mark.parametrize(("shapes", "params", "axis"), CASES, ids=str)
def test_gradients_agree_with_central_differences(
    check_gradient: Callable[[Layer, list[np.ndarray]], None],
    shapes: list[tuple[int, ...]],
    params: dict[str, int],
    axis: int,
) -> None:
    check_gradient(Concat("concat", params), [np.random.default_rng(1).standard_normal(shape) for shape in shapes])


@pytest.mark.parametrize(("shapes", "params", "axis"), CASES, ids=str)
def test_outputs_and_gradients_are_those_of_numpy(
    backend: Backend, shapes: list[tuple[int, ...]], params: dict[str, int], axis: int
) -> None:
    inputs = [np.random.default_rng(place).random(shape, np.float32) for place, shape in enumerate(shapes)]
    layer, expected = Concat("concat", params), np.concatenate(inputs, axis)
    assert layer.infer_shapes([shape[1:] for shape in shapes]) == (expected.shape[1:],)
    (y,), backward = layer.forward({}, *(backend.asarray(x) for x in inputs))
    np.testing.assert_array_equal(y.numpy(), expected)
    for dx, x in zip(backward((y,), {}), inputs, strict=True):
        assert dx is not None
        np.testing.assert_array_equal(dx.numpy(), x)


@pytest.mark.parametrize(
    ("params", "shapes"), [({}, [(4, 4, 3), (4, 5, 3)]), ({"axis": 2}, [(4,), (4,)]), ({}, [(4,), (4, 1)])]
)
def test_shapes_that_do_not_fit_are_named(params: dict[str, int], shapes: list[tuple[int, ...]]) -> None:
    with pytest.raises(ShapeError, match='concat "c": expected inputs that are alike in all axes but .*; set axis'):
        Concat("c", params).infer_shapes(shapes)
