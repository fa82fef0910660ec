"""The two parts of a gradient: they come back from the wire, and what no encoder writes is refused."""

from __future__ import annotations

import numpy as np
import pytest

from grid.errors import DivergedError, PayloadError
from grid.gradient_parts import WeightedMean, body_size, copy_running, decode, encode, through_codec
from mathcore import backends, codecs
from mathcore.array import NDArray
from mathcore.layers import ParameterSpec
from mathcore.network import Layout

BACKEND = backends.create("numpy")
LAYOUT = Layout([("fc/w", ParameterSpec((300,))), ("bn/mean", ParameterSpec((7,), running=True))])
VALUES = np.random.default_rng(0).normal(size=LAYOUT.size).astype(np.float32)
CODECS = codecs.names()
KEY = codecs.coding_key(1, 2, 3)


def gradient(values: np.ndarray = VALUES) -> NDArray:
    return BACKEND.asarray(values)


@pytest.mark.parametrize("name", CODECS)
def test_running_statistics_keep_every_bit_whatever_the_codec(name: str) -> None:
    codec = codecs.create(name)
    body = encode(codec, gradient(), LAYOUT, KEY)
    assert len(body) == body_size(codec, LAYOUT) == codec.payload_size(512) + 4 * 256
    found = decode(codec, memoryview(body), LAYOUT, BACKEND).numpy()
    assert found[512:].tobytes() == VALUES[512:].tobytes()
    learned = codec.decode(codec.encode(gradient(VALUES[:512]), KEY), 512, BACKEND)
    np.testing.assert_array_equal(found[:512], learned.numpy())


@pytest.mark.parametrize("name", CODECS)
def test_one_process_sees_what_the_other_end_of_the_wire_decodes(name: str) -> None:
    codec = codecs.create(name)
    decoded = decode(codec, memoryview(encode(codec, gradient(), LAYOUT, KEY)), LAYOUT, BACKEND)
    assert through_codec(codec, gradient(), LAYOUT, KEY).numpy().tobytes() == decoded.numpy().tobytes()


@pytest.mark.parametrize("name", CODECS)
def test_without_running_statistics_the_codec_writes_all(name: str) -> None:
    codec, layout = codecs.create(name), Layout([("fc/w", ParameterSpec((300,)))])
    assert encode(codec, gradient(VALUES[:512]), layout, KEY) == codec.encode(gradient(VALUES[:512]), KEY)


def test_running_statistics_are_copied_and_nothing_else() -> None:
    destination = BACKEND.zeros((LAYOUT.size,))
    copy_running(gradient(), destination, LAYOUT)
    assert not destination.numpy()[:512].any()
    assert destination.numpy()[512:].tobytes() == VALUES[512:].tobytes()


@pytest.mark.parametrize("change", [lambda body: body[:-4], lambda body: body + b"\0\0\0\0", lambda body: b""])
def test_a_body_of_another_size_is_refused(change: object) -> None:
    assert callable(change)
    codec = codecs.create("float32")
    with pytest.raises(PayloadError, match="expected a body of 3072 bytes"):
        decode(codec, memoryview(change(encode(codec, gradient(), LAYOUT, KEY))), LAYOUT, BACKEND)


def test_running_statistics_that_are_not_finite_neither_leave_nor_enter() -> None:
    codec = codecs.create("float32")
    values = VALUES.copy()
    values[-1] = np.nan
    with pytest.raises(DivergedError, match="running statistics"):
        encode(codec, gradient(values), LAYOUT, KEY)
    with pytest.raises(PayloadError, match="finite running statistics"):
        decode(codec, memoryview(values.tobytes()), LAYOUT, BACKEND)


@pytest.mark.parametrize("name", CODECS)
def test_a_gradient_that_is_not_finite_is_called_by_the_name_of_its_array(name: str) -> None:
    values = VALUES.copy()
    values[299] = np.inf
    with pytest.raises(DivergedError, match="first in that of fc/w"):
        encode(codecs.create(name), gradient(values), LAYOUT, KEY)


def test_a_single_vector_is_its_own_mean_and_takes_no_memory() -> None:
    vector = gradient()
    mean = WeightedMean()
    mean.add(vector, 1.0)
    assert mean.result() is vector


def test_a_mean_leaves_what_was_added_as_it_was() -> None:
    vector = gradient()
    mean = WeightedMean()
    mean.add(vector, 0.25)
    mean.add(vector, 0.75)
    assert vector.numpy().tobytes() == VALUES.tobytes()
    np.testing.assert_allclose(mean.result().numpy(), VALUES, rtol=1e-6)
