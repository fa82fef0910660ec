"""Blobs of any shape as vectors."""

from collections.abc import Callable

import numpy as np

from mathcore.backends.base import Backend
from mathcore.layers import Flatten, Layer


def test_gradients_agree_with_central_differences(check_gradient: Callable[[Layer, list[np.ndarray]], None]) -> None:
    check_gradient(Flatten("flatten", {}), [np.random.default_rng(1).standard_normal((2, 3, 4, 2))])


def test_elements_keep_their_order(backend: Backend) -> None:
    layer = Flatten("flatten", {})
    assert layer.infer_shapes([(3, 4, 2)]) == ((24,),)
    x = np.arange(48, dtype=np.float32).reshape(2, 3, 4, 2)
    (y,), backward = layer.forward({}, backend.asarray(x))
    assert y.numpy().tolist() == x.reshape(2, 24).tolist()
    (dx,) = backward((y,), {})
    assert dx is not None
    assert dx.numpy().tolist() == x.tolist()


def test_a_single_number_an_example_becomes_a_vector_of_one() -> None:
    assert Flatten("flatten", {}).infer_shapes([()]) == ((1,),)
