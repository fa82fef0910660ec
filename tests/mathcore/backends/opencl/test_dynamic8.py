"""The 8-bit codec gives the bytes of NumPy for any float32 vector, and for both neighbours of every threshold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.codecs.dynamic_tree import LEGACY_THRESHOLDS, THRESHOLDS
from mathcore.errors import DTypeError, ShapeError
from tests.mathcore.backends.opencl.comparison import assert_same_bits, random_array


def check(device: OpenCLBackend, reference: NumpyBackend, values: np.ndarray) -> None:
    """Assert equal codes, scales and decoded values."""
    actual = device.encode_dynamic8(device.asarray(values))
    expected = reference.encode_dynamic8(reference.asarray(values))
    for got, wanted in zip(actual, expected, strict=True):
        assert_same_bits(got, wanted)
    assert_same_bits(device.decode_dynamic8(*actual), reference.decode_dynamic8(*expected))
    actual = device.encode_dynamic8_legacy(device.asarray(values))
    expected = reference.encode_dynamic8_legacy(reference.asarray(values))
    for got, wanted in zip(actual, expected, strict=True):
        assert_same_bits(got, wanted)


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 431_080])
def test_bytes_equal_those_of_numpy(device: OpenCLBackend, reference: NumpyBackend, size: int) -> None:
    check(device, reference, random_array(size) ** 5)


@pytest.mark.parametrize("scale", [1.0, 0.3, 1e-20, 3e38, 2.0**-100, 7e-31])
def test_values_at_every_threshold_agree(device: OpenCLBackend, reference: NumpyBackend, scale: float) -> None:
    exact = np.concatenate([THRESHOLDS, LEGACY_THRESHOLDS]) * np.float32(scale)
    around = [np.nextafter(exact, np.float32(0)), exact, np.nextafter(exact, np.float32(np.inf))]
    for values in around:
        for sign in (1, -1):
            check(device, reference, np.append(sign * values, np.float32(scale)).astype(np.float32))


def test_zero_blocks_subnormal_numbers_and_outliers_agree(device: OpenCLBackend, reference: NumpyBackend) -> None:
    values = random_array(2048)
    values[:256] = 0
    values[256:512] = -0.0
    values[600] = 1e30
    values[768:1024] *= np.float32(1e-42)
    values[1100] = 1e-42
    values[1300] = -3e38
    check(device, reference, values)


@pytest.mark.parametrize("wrong", [np.nan, -np.nan, np.inf, -np.inf])
def test_a_block_with_nan_or_infinity_has_a_scale_that_is_not_finite(device: OpenCLBackend, wrong: float) -> None:
    values = random_array(700)
    values[300] = wrong
    finite = np.isfinite(device.encode_dynamic8(device.asarray(values))[1].numpy())
    np.testing.assert_array_equal(finite, [True, False, True])


@given(values=st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=600))
@settings(max_examples=50, deadline=None)
def test_any_finite_vector_gives_the_same_bytes(
    device: OpenCLBackend, reference: NumpyBackend, values: list[float]
) -> None:
    check(device, reference, np.array(values, np.float32))


def test_shapes_and_types_that_do_not_fit_are_refused(device: OpenCLBackend) -> None:
    with pytest.raises(ShapeError, match="encode_dynamic8: expected a vector"):
        device.encode_dynamic8(device.zeros((2, 2)))
    with pytest.raises(ShapeError, match="encode_dynamic8_legacy: expected a vector"):
        device.encode_dynamic8_legacy(device.zeros((2, 2)))
    with pytest.raises(DTypeError, match="encode_dynamic8: expected float32"):
        device.encode_dynamic8(device.zeros((2,), np.int32))
    with pytest.raises(DTypeError, match="decode_dynamic8: expected codes of uint8"):
        device.decode_dynamic8(device.zeros((2,)), device.zeros((1,)))
    with pytest.raises(ShapeError, match="decode_dynamic8: expected codes .* a scale for every 256"):
        device.decode_dynamic8(device.zeros((257,), np.uint8), device.zeros((1,)))
