"""Stochastic rounding and its packing give the bytes of NumPy, and so do all codecs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathcore import codecs
from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.codecs.levels import HIGHEST, LOWEST, SR4, TERNARY, scale_values
from mathcore.errors import CodecError, DTypeError, ShapeError
from tests.mathcore.backends.opencl.comparison import assert_same_bits, random_array

KEY = codecs.coding_key(2**50 + 3, 2**32 - 1, 6)
CODECS = ("sr4", "ternary")
STOCHASTIC = pytest.mark.parametrize("name", CODECS)


def check(name: str, device: OpenCLBackend, reference: NumpyBackend, values: np.ndarray, key: Any = KEY) -> None:
    """Assert equal payloads and equal decoded values."""
    codec = codecs.create(name)
    payload = codec.encode(device.asarray(values), key)
    assert payload == codec.encode(reference.asarray(values), key)
    assert_same_bits(codec.decode(payload, values.size, device), codec.decode(payload, values.size, reference))


@pytest.mark.parametrize("name", codecs.names())
@pytest.mark.parametrize("size", [0, 1, 2, 7, 255, 256, 257, 1023, 1025, 1281, 5119, 431_080])
def test_payloads_equal_those_of_numpy(name: str, device: OpenCLBackend, reference: NumpyBackend, size: int) -> None:
    check(name, device, reference, random_array(size) ** 5)


@pytest.mark.parametrize("name", codecs.names())
def test_zero_blocks_subnormal_numbers_and_outliers_agree(
    name: str, device: OpenCLBackend, reference: NumpyBackend
) -> None:
    values = random_array(2048)
    values[:256] = 0
    values[256:512] = -0.0
    values[600] = 1e30
    values[768:1024] *= np.float32(1e-42)
    values[1100] = 1e-42
    values[1300] = -3.4028235e38
    values[1536:] *= np.float32(1e-30)
    check(name, device, reference, values)


@STOCHASTIC
def test_scales_and_their_neighbours_agree(name: str, device: OpenCLBackend, reference: NumpyBackend) -> None:
    levels = {"sr4": SR4, "ternary": TERNARY}[name]
    step = 13
    reach = np.float32(levels) * scale_values(np.arange(LOWEST[levels], HIGHEST[levels] + 1, step, dtype=np.int32))
    largest = np.concatenate([np.nextafter(reach, np.float32(0)), reach, np.nextafter(reach, np.float32(np.inf))])
    values = np.zeros((largest.size, 256), np.float32)
    values[:, 0] = largest[: len(values)]
    values[:, 1:9] = largest[:, None] * np.linspace(-1, 1, 8, dtype=np.float32)
    check(name, device, reference, values.reshape(-1))


@STOCHASTIC
@given(values=st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=1100), step=st.integers(0))
@settings(max_examples=50, deadline=None)
def test_any_finite_vector_and_key_give_the_same_bytes(
    name: str, device: OpenCLBackend, reference: NumpyBackend, values: list[float], step: int
) -> None:
    check(name, device, reference, np.array(values, np.float32), codecs.coding_key(step, step // 3, step % 7))


@pytest.mark.parametrize("name", codecs.names())
@pytest.mark.parametrize("wrong", [np.nan, -np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_refused_as_on_numpy(
    name: str, device: OpenCLBackend, reference: NumpyBackend, wrong: float
) -> None:
    values = random_array(1700)
    values[1300] = wrong
    messages = []
    for backend in (device, reference):
        with pytest.raises(CodecError) as error:
            codecs.create(name).encode(backend.asarray(values), KEY)
        messages.append(str(error.value))
    assert messages[0] == messages[1]


@STOCHASTIC
def test_shapes_and_types_that_do_not_fit_are_refused(name: str, device: OpenCLBackend) -> None:
    encode, decode = getattr(device, f"encode_{name}"), getattr(device, f"decode_{name}")
    with pytest.raises(ShapeError, match=f"encode_{name}: expected a vector"):
        encode(device.zeros((2, 2)), (0, 0, 0, 0))
    with pytest.raises(DTypeError, match=f"encode_{name}: expected float32"):
        encode(device.zeros((2,), np.int32), (0, 0, 0, 0))
    with pytest.raises(DTypeError, match=f"decode_{name}: expected bytes of uint8 and scales of int32"):
        decode(device.zeros((2,)), device.zeros((1,), np.int32), count=4)
    with pytest.raises(ShapeError, match=f"decode_{name}: expected .* bytes and 2 scales for 300 elements"):
        decode(device.zeros((1,), np.uint8), device.zeros((2,), np.int32), count=300)
