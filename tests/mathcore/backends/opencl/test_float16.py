"""Half precision on the device gives the bytes of NumPy: every half, every boundary between two, every exponent."""

from __future__ import annotations

import numpy as np
import pytest

from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.numpy.float16 import VALUES
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.errors import DTypeError, ShapeError
from tests.mathcore.backends.opencl.comparison import assert_same_bits

FINITE = VALUES[np.isfinite(VALUES)]


def check(device: OpenCLBackend, reference: NumpyBackend, values: np.ndarray) -> None:
    """Assert equal halves and equal decoded values."""
    actual, expected = (
        device.encode_float16(device.asarray(values)),
        reference.encode_float16(reference.asarray(values)),
    )
    assert_same_bits(actual, expected)
    assert_same_bits(device.decode_float16(actual), reference.decode_float16(expected))


def test_every_half_and_every_middle_between_two_agree(device: OpenCLBackend, reference: NumpyBackend) -> None:
    middle = (FINITE[:-1].astype(np.float64) + FINITE[1:]) / 2
    exact = np.concatenate([FINITE, middle.astype(np.float32)])
    for values in (exact, np.nextafter(exact, np.float32(0)), np.nextafter(exact, np.float32(1e9))):
        check(device, reference, values)


def test_every_exponent_of_float32_agrees(device: OpenCLBackend, reference: NumpyBackend) -> None:
    bits = np.random.default_rng(0).integers(0, 2**32, 300_001, dtype=np.uint64).astype(np.uint32)
    values = bits.view(np.float32)
    check(device, reference, values[np.isfinite(values)])


@pytest.mark.parametrize("value", [np.nan, -np.nan, np.inf, -np.inf])
def test_what_is_not_finite_stays_so(device: OpenCLBackend, value: float) -> None:
    values = np.array([1, value, 65520, 1e38], np.float32)
    halves = device.encode_float16(device.asarray(values)).numpy().view(np.float16)
    assert np.isfinite(halves).tolist() == [True, False, True, True]


def test_shapes_and_types_that_do_not_fit_are_refused(device: OpenCLBackend) -> None:
    with pytest.raises(ShapeError, match="encode_float16: expected a vector"):
        device.encode_float16(device.zeros((2, 2)))
    with pytest.raises(DTypeError, match="encode_float16: expected float32"):
        device.encode_float16(device.zeros((2,), np.int32))
    with pytest.raises(DTypeError, match="decode_float16: expected bytes of uint8"):
        device.decode_float16(device.zeros((2,)))
    with pytest.raises(ShapeError, match="decode_float16: expected two bytes an element"):
        device.decode_float16(device.zeros((3,), np.uint8))
