"""Arrays handed to NumPy and taken back, through each of the protocols."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import mathcore
from mathcore import DTypeError, MathcoreError
from mathcore.backends.base import Backend
from mathcore.errors import InterchangeError
from mathcore.interchange import dlpack, from_dlpack

SHAPES = [(), (0,), (1,), (5,), (3, 4), (2, 0, 3)]
DTYPES = ["float32", "int32", "uint8", "bool"]


class Foreign:
    """An array of another library: what the protocol asks for and nothing else."""

    def __init__(self, values: np.ndarray, *, place: tuple[int, int] = (1, 0)) -> None:
        self.values, self.place = values, place

    def __dlpack__(self, **options: Any) -> Any:
        if self.place != (1, 0) and options.get("dl_device") != (1, 0):
            raise BufferError("these values are on a GPU")
        return self.values.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.place


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_numpy_reads_an_array_and_it_comes_back(shape: tuple[int, ...], dtype: str, backend: Backend) -> None:
    values = np.asarray(np.random.default_rng(0).random(shape) * 3).astype(dtype)
    x = backend.asarray(values)
    for host in (np.from_dlpack(x), np.asarray(x)):
        assert host.dtype == values.dtype
        assert host.shape == shape
        assert np.array_equal(host, values)
    for y in (from_dlpack(values, device=backend), from_dlpack(Foreign(values), device=backend)):
        assert y.backend is backend
        assert y.dtype == values.dtype
        assert y.shape == shape
        assert np.array_equal(y.numpy(), values)


@settings(deadline=None, max_examples=50)
@given(
    values=hnp.arrays(st.sampled_from(["f4", "i4", "u1", "?"]), hnp.array_shapes(min_dims=0, min_side=0)),
    turned=st.booleans(),
)
def test_arrays_of_any_strides_are_taken(values: np.ndarray, turned: bool, backend: Backend) -> None:
    strided = values.T[::-1] if turned and values.ndim else values
    x = from_dlpack(strided, device=backend)
    assert np.array_equal(x.numpy(), strided, equal_nan=values.dtype.kind == "f")


def test_the_numpy_backend_shares_memory_both_ways() -> None:
    x = mathcore.asarray(np.zeros(3, np.float32), device="numpy")
    np.from_dlpack(x)[0] = 1
    np.asarray(x)[1] = 2
    assert x.tolist() == [1, 2, 0]
    values = np.zeros(3, np.float32)
    y = from_dlpack(values, device="numpy")
    y[1] = 5
    assert values.tolist() == [0, 5, 0]


def test_a_device_copies_both_ways() -> None:
    x = mathcore.asarray(np.zeros(3, np.float32), device="opencl")
    np.from_dlpack(x)[0] = 1
    np.asarray(x)[1] = 2
    assert x.tolist() == [0, 0, 0]


def test_a_copy_that_is_asked_for_is_made(backend: Backend) -> None:
    x = backend.zeros((3,))
    np.array(x)[0] = 1
    np.from_dlpack(x, copy=True)[0] = 1
    from_dlpack(x, copy=True)[0] = 1
    values = np.zeros(3, np.float32)
    from_dlpack(values, device=backend, copy=True)[0] = 1
    assert x.tolist() == values.tolist() == [0, 0, 0]


def test_one_of_our_arrays_stays_on_its_device(backend: Backend) -> None:
    x = backend.zeros((2, 3))
    y = from_dlpack(x)
    assert y.backend is backend
    y[0, 1] = 7
    assert x.tolist() == y.tolist()


def test_one_of_our_arrays_moves_to_the_device_named(backend: Backend) -> None:
    x = backend.asarray([[1, 2], [3, 4]])
    for name in ("numpy", "opencl"):
        y = from_dlpack(x, device=name)
        assert y.backend.name == name
        assert y.tolist() == [[1, 2], [3, 4]]


def test_values_that_must_not_be_written_are_copied() -> None:
    values = np.zeros(3, np.float32)
    values.flags.writeable = False
    from_dlpack(values, device="numpy")[0] = 1
    assert values[0] == 0
    with pytest.raises(InterchangeError, match="may not be written, got False"):
        from_dlpack(values, device="numpy", copy=False)


def test_numpy_gets_the_type_it_asks_for(backend: Backend) -> None:
    x = backend.asarray([1, 2])
    assert np.asarray(x, dtype=np.float64).dtype == np.float64
    assert np.asarray(x, dtype=np.float64).tolist() == [1.0, 2.0]


def test_a_copy_that_is_refused_but_needed_is_an_error_of_both_kinds() -> None:
    x = mathcore.zeros((3,), device="opencl")
    for take in (lambda: x.__array__(copy=False), lambda: np.from_dlpack(x, copy=False)):
        with pytest.raises(InterchangeError, match="expected copy=None or .* where values leave a device") as error:
            take()
        assert isinstance(error.value, BufferError)
        assert isinstance(error.value, MathcoreError)
    with pytest.raises(InterchangeError, match="where the type changes, got False"):
        mathcore.zeros((3,), device="numpy").__array__(dtype=np.float64, copy=False)
    with pytest.raises(InterchangeError, match="from_dlpack: expected copy=None or copy=True"):
        from_dlpack(np.zeros(3, np.float32), device="opencl", copy=False)
    with pytest.raises(InterchangeError, match="where values leave a device"):
        from_dlpack(x, device="numpy", copy=False)


def test_a_copy_that_is_refused_and_not_needed_is_not_made() -> None:
    x = mathcore.zeros((3,), device="numpy")
    np.asarray(x, copy=False)[0] = 1
    np.from_dlpack(x, copy=False)[1] = 1
    assert x.tolist() == [1, 1, 0]


def test_readers_of_old_and_new_versions_are_served(backend: Backend) -> None:
    x = backend.zeros((3,))
    assert '"dltensor"' in repr(dlpack(x))
    assert '"dltensor_versioned"' in repr(dlpack(x, max_version=(1, 1)))
    assert x.__dlpack_device__() == (1, 0)


def test_other_places_and_streams_are_refused(backend: Backend) -> None:
    x = backend.zeros((3,))
    with pytest.raises(BufferError, match=r"__dlpack__: expected dl_device \(1, 0\), the host, got \(2, 0\)"):
        x.__dlpack__(dl_device=(2, 0))
    with pytest.raises(BufferError, match="__dlpack__: expected stream=None"):
        x.__dlpack__(stream=1)


def test_values_on_another_device_are_asked_to_come_to_the_host(backend: Backend) -> None:
    values = np.arange(3, dtype=np.int32)
    assert from_dlpack(Foreign(values, place=(2, 0)), device=backend).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([1, 2], "expected an array with __dlpack__ and __dlpack_device__, got list; use asarray"),
        (np.array(["text"]), "expected an array of numbers that can be read on the host, got ndarray: "),
        (np.zeros(2, [("a", "f4")]), "expected an array of numbers that can be read on the host, got ndarray: "),
    ],
)
def test_what_is_no_array_of_numbers_is_refused(x: object, message: str, backend: Backend) -> None:
    with pytest.raises(InterchangeError) as error:
        from_dlpack(x, device=backend)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("dtype", ["complex64", "float16"])
@pytest.mark.parametrize("copy", [None, True])
def test_element_types_that_no_array_has_are_refused(dtype: str, copy: bool | None, backend: Backend) -> None:
    with pytest.raises(DTypeError, match=f"from_dlpack: expected .*, got {dtype}"):
        from_dlpack(np.zeros(3, dtype), device=backend, copy=copy)


def test_a_device_refuses_float64_and_says_what_to_do() -> None:
    assert from_dlpack(np.zeros(3), device="numpy").dtype == np.float64
    with pytest.raises(DTypeError, match="from_dlpack: expected float32.*, got float64"):
        from_dlpack(np.zeros(3), device="opencl")


def test_taking_values_does_not_outlive_its_source(backend: Backend) -> None:
    values = np.arange(1000, dtype=np.float32)
    x = from_dlpack(values, device=backend)
    del values
    assert np.array_equal(x.numpy(), np.arange(1000))


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python calls __buffer__ from 3.12 on")
def test_a_memoryview_shows_the_values(backend: Backend) -> None:
    assert memoryview(backend.asarray([1.0, 2.0])).tolist() == [1.0, 2.0]
