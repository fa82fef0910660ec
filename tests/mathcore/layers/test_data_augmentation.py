"""The layer that crops, mirrors and scales images."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mathcore import NetworkError, ShapeError
from mathcore.backends.base import Backend
from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.layers import Context, DataAugmentation, training_key


def augment(backend: Backend, params: dict[str, Any], x: np.ndarray, *, place: int = 0) -> np.ndarray:
    layer = DataAugmentation("augment", params)
    (shape,) = layer.infer_shapes([x.shape[1:]])
    key = backend.asarray(training_key(3, 5, place))
    (y,), backward = layer.forward({}, backend.asarray(x), context=Context("train", key))
    assert y.shape == (len(x), *shape)
    assert backward((y,), {}) == (None,)
    return y.numpy()


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
@pytest.mark.parametrize(
    ("shape", "params"),
    [
        ((5, 8, 9, 3), {"out_shape": [5, 6], "random_crop": True, "random_flip": True, "mean": [1, 2.5, 100]}),
        ((7, 6, 5, 1), {"pad": [2, 1], "random_crop": True, "scale": 1 / 256}),
        ((3, 6, 5, 20), {"random_flip": True, "mean": 3, "scale": 0.1}),
        ((2, 1, 1, 1), {"out_shape": 3, "pad": 1, "random_crop": True}),
        ((0, 4, 4, 2), {"random_crop": True}),
        ((4, 9, 8, 2), {"out_shape": [4, 5], "mean": [0.5, 0.25]}),
    ],
)
def test_the_backends_give_the_same_bits(
    reference: NumpyBackend, device: OpenCLBackend, shape: tuple[int, ...], params: dict[str, Any], dtype: Any
) -> None:
    x = np.random.default_rng(0).uniform(0, 255, shape).astype(dtype)
    actual, expected = (augment(backend, params, x) for backend in (device, reference))
    assert actual.dtype == expected.dtype == np.float32
    assert actual.tobytes() == expected.tobytes()


def test_crops_are_parts_of_the_images_and_all_places_occur(reference: NumpyBackend) -> None:
    x = np.tile(np.arange(12.0, dtype=np.float32).reshape(1, 3, 4, 1), (200, 1, 1, 1))
    y = augment(reference, {"out_shape": [2, 3], "random_crop": True, "random_flip": True}, x)
    places = set()
    for crop in y[:, :, :, 0]:
        mirrored = crop[0, 0] > crop[0, 1]
        crop = crop[:, ::-1] if mirrored else crop
        top, left = divmod(int(crop[0, 0]), 4)
        assert np.array_equal(crop, x[0, top : top + 2, left : left + 3, 0])
        places.add((top, left, bool(mirrored)))
    assert len(places) == 2 * 2 * 2


def test_an_example_is_cut_alike_in_every_shard(device: OpenCLBackend) -> None:
    x = np.random.default_rng(0).uniform(0, 1, (6, 8, 8, 1)).astype(np.float32)
    params = {"out_shape": [3, 3], "random_crop": True, "random_flip": True}
    assert np.array_equal(augment(device, params, x)[4:], augment(device, params, x[4:], place=4))


@pytest.mark.parametrize("context", [Context(), Context("train")])
def test_without_a_key_or_training_the_middle_is_taken(backend: Backend, context: Context) -> None:
    x = np.random.default_rng(0).uniform(0, 1, (2, 7, 6, 2)).astype(np.float32)
    layer = DataAugmentation("augment", {"out_shape": [4, 4], "random_crop": True, "random_flip": True, "scale": 0})
    layer.infer_shapes([x.shape[1:]])
    (y,), _ = layer.forward({}, backend.asarray(x), context=context)
    assert np.array_equal(y.numpy(), x[:, 1:5, 1:5])


def test_padding_is_zero_in_the_result(backend: Backend) -> None:
    x = np.full((1, 2, 2, 1), 9, np.uint8)
    y = augment(backend, {"out_shape": [4, 4], "pad": 1, "mean": 5, "scale": 0.5}, x)
    assert np.array_equal(y[0, :, :, 0], np.pad(np.full((2, 2), 2.0), 1))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"mean": "grey"}, "expected mean to be a number or a list of 1 to 16 numbers, got 'grey'"),
        ({"scale": float("inf")}, "expected scale to be a number of -3e+38 to 3e+38, got inf"),
        ({"random_crop": 1}, "expected random_crop to be true or false, got 1"),
        ({"input_klass": "double"}, 'expected input_klass to be "single" or "uint8", got \'double\''),
        ({"out_shap": [2, 2]}, "unknown param 'out_shap'; did you mean \"out_shape\"?"),
    ],
)
def test_wrong_params_are_named(params: dict[str, Any], message: str) -> None:
    with pytest.raises(NetworkError) as error:
        DataAugmentation("augment", params)
    assert str(error.value).startswith(f'data_augmentation "augment": {message}')


def test_images_that_do_not_fit_are_named() -> None:
    with pytest.raises(
        ShapeError, match=r'"augment": expected x of at least 9 x 9 with pad \[0, 0\], got \(N, 8, 8, 3\)'
    ):
        DataAugmentation("augment", {"out_shape": [9, 9]}).infer_shapes([(8, 8, 3)])
    with pytest.raises(ShapeError, match=r'"augment": expected x of 2 channels as mean has, got \(N, 8, 8, 3\)'):
        DataAugmentation("augment", {"mean": [1, 2]}).infer_shapes([(8, 8, 3)])
