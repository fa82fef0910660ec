"""The dropout layer: what it drops, and that neither shards nor devices change it."""

from __future__ import annotations

import numpy as np
import pytest

from mathcore import NetworkError
from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.layers import Context, Dropout, training_key
from mathcore.random.layer_stream import example_words, layer_stream
from mathcore.random.philox import philox


@pytest.fixture
def backends(reference: NumpyBackend, device: OpenCLBackend) -> tuple[NumpyBackend, OpenCLBackend]:
    return reference, device


def context(backend: NumpyBackend | OpenCLBackend, *, step: int = 3, place: int = 0) -> Context:
    return Context("train", backend.asarray(training_key(2**40 + 7, step, place)))


@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (2, 64), (5, 65), (2, 5, 7, 3), (3, 1000), (0, 4), (4,)])
@pytest.mark.parametrize("ratio", [0.5, 0.1])
def test_the_backends_give_the_same_bits(
    backends: tuple[NumpyBackend, OpenCLBackend], shape: tuple[int, ...], ratio: float
) -> None:
    x, dy = (np.random.default_rng(seed).standard_normal(shape).astype(np.float32) for seed in range(2))
    results = []
    for backend in backends:
        layer = Dropout("drop6", {"dropout_ratio": ratio})
        (y,), backward = layer.forward({}, backend.asarray(x), context=context(backend, place=11))
        (dx,) = backward((backend.asarray(dy),), {})
        assert dx is not None
        results.append((y.numpy(), dx.numpy()))
    for actual, expected in zip(*results, strict=True):
        assert actual.tobytes() == expected.tobytes()


def test_elements_are_dropped_with_the_probability_and_the_others_scaled(
    backends: tuple[NumpyBackend, OpenCLBackend],
) -> None:
    x = np.ones((100, 1000), np.float32)
    (y,), backward = Dropout("d", {"dropout_ratio": 0.25}).forward(
        {}, backends[0].asarray(x), context=context(backends[0])
    )
    kept = y.numpy() != 0
    # 100,000 draws of probability 0.75: the standard deviation is 0.0014.
    assert kept.mean() == pytest.approx(0.75, abs=0.006)
    assert np.array_equal(y.numpy()[kept], np.full(kept.sum(), np.float32(1 / 0.75)))
    (dx,) = backward((backends[0].asarray(x),), {})
    assert dx is not None
    assert np.array_equal(dx.numpy(), y.numpy())


def test_an_example_keeps_its_mask_in_every_shard(device: OpenCLBackend) -> None:
    x = np.ones((6, 70), np.float32)
    layer = Dropout("d", {})
    (whole,), _ = layer.forward({}, device.asarray(x), context=context(device))
    (part,), _ = layer.forward({}, device.asarray(x[4:]), context=context(device, place=4))
    assert np.array_equal(whole.numpy()[4:], part.numpy())
    assert len({row.tobytes() for row in whole.numpy()}) == 6


def test_steps_and_names_draw_anew(reference: NumpyBackend) -> None:
    x = reference.asarray(np.ones((1, 100), np.float32))
    masks = {
        Dropout(name, {}).forward({}, x, context=context(reference, step=step))[0][0].numpy().tobytes()
        for name in ("drop6", "drop7")
        for step in (0, 1)
    }
    assert len(masks) == 4


def test_testing_and_a_missing_key_leave_the_input_as_it_is(reference: NumpyBackend) -> None:
    x = reference.asarray(np.ones((2, 3), np.float32))
    key = context(reference).key
    for given in (Context(), Context("train"), Context("test", key)):
        (y,), backward = Dropout("d", {}).forward({}, x, context=given)
        assert y is x
        assert backward((x,), {}) == (x,)


def test_a_ratio_of_zero_drops_nothing(reference: NumpyBackend) -> None:
    x = reference.asarray(np.ones((2, 3), np.float32))
    assert Dropout("d", {"dropout_ratio": 0}).forward({}, x, context=context(reference))[0][0] is x


def test_what_is_not_a_number_is_dropped_too(backends: tuple[NumpyBackend, OpenCLBackend]) -> None:
    x = np.full((1, 64), np.nan, np.float32)
    for backend in backends:
        (y,), _ = Dropout("d", {}).forward({}, backend.asarray(x), context=context(backend))
        assert 0 < np.isnan(y.numpy()).sum() < 64


@pytest.mark.parametrize("ratio", [1, -0.1, "half", True])
def test_other_ratios_are_refused(ratio: object) -> None:
    with pytest.raises(NetworkError, match='dropout "d": expected dropout_ratio to be a number of 0 to 0.999, got'):
        Dropout("d", {"dropout_ratio": ratio})


def test_the_stream_of_a_layer_follows_from_its_name_alone() -> None:
    # CRC-32 of "123456789" is CBF43926, the value that its definitions give as a check.
    assert layer_stream("123456789") == 0xCBF43926
    assert layer_stream("a") >= 2**31


def test_words_of_an_example_are_those_of_its_counter() -> None:
    words = example_words(training_key(5 + 2**33, 9, 100), 77, place=2, blocks=3)
    expected = philox(np.array([[0, 1, 2], [77] * 3, [9] * 3, [102] * 3], np.uint32), (5, 2))
    assert np.array_equal(words, expected)
