"""The parameters of kernels, read from OpenCL C."""

from __future__ import annotations

import numpy as np
import pytest

from mathcore import DTypeError, MathcoreError
from mathcore.kernel_parameters import find_kernel, parse_parameter

SOURCE = """
// kernel void not_this(global float *x) {
/* nor kernel void this(global float *x) { */
float twice(float x) { return 2 * x; }
__kernel __attribute__((reqd_work_group_size(64, 1, 1))) void first(
    __global const float *restrict x,   // what is read
    global float4 *y, const int n, float a) { }
kernel void second() { }
"""


def test_a_kernel_is_found_by_its_name_and_comments_are_passed_over() -> None:
    name, parameters = find_kernel(SOURCE, "first")
    assert name == "first"
    assert [parameter.name for parameter in parameters] == ["x", "y", "n", "a"]
    assert find_kernel(SOURCE, "second") == ("second", ())


@pytest.mark.parametrize(
    ("text", "name", "dtype", "width", "is_array", "is_read_only"),
    [
        ("global const float *x", "x", "float32", 1, True, True),
        ("const global float* x", "x", "float32", 1, True, True),
        ("__global float const * restrict x", "x", "float32", 1, True, True),
        ("global float *const x", "x", "float32", 1, True, False),
        ("constant int *places", "places", "int32", 1, True, True),
        ("global uchar *out", "out", "uint8", 1, True, False),
        ("global unsigned char *out", "out", "uint8", 1, True, False),
        ("global volatile int *count", "count", "int32", 1, True, False),
        ("global const float16 *x", "x", "float32", 16, True, True),
        ("float a", "a", "float32", 1, False, False),
        ("const unsigned int n", "n", "uint32", 1, False, True),
        ("const  long\n n", "n", "int64", 1, False, True),
    ],
)
def test_declarations_are_understood(
    text: str, name: str, dtype: str, width: int, is_array: bool, is_read_only: bool
) -> None:
    parameter = parse_parameter("k", text)
    assert (parameter.name, str(parameter.dtype), parameter.width) == (name, dtype, width)
    assert (parameter.is_array, parameter.is_read_only) == (is_array, is_read_only)


@pytest.mark.parametrize(
    "text",
    [
        "local float *scratch", "global double *x", "global float3 *x", "global long *x", "global float **x",
        "global float x", "float *x", "global T *x", "T x", "global float *", "float4 a", "double a", "size_t n",
        "image2d_t picture", "float x[4]", "void", "",
    ],
)  # fmt: skip
def test_parameters_of_another_kind_are_refused(text: str) -> None:
    with pytest.raises(MathcoreError) as error:
        parse_parameter("k", text)
    assert str(error.value).startswith('k: expected parameters such as "global const float *x"')
    assert str(error.value).endswith(f'got "{text}"')


@pytest.mark.parametrize(
    ("source", "name", "message"),
    [
        ("", None, 'expected source with one "kernel void NAME(...) {", got none; write one'),
        ("float f(float x) { return x; }", None, "got none; write one"),
        (SOURCE, None, "got first, second; choose with name="),
        (SOURCE, "third", "expected one of first, second, got name 'third'"),
        ("", "third", "expected one of no kernels, got name 'third'"),
    ],
)
def test_a_kernel_that_is_not_there_is_named(source: str, name: str | None, message: str) -> None:
    with pytest.raises(MathcoreError) as error:
        find_kernel(source, name)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("float a", 2, np.float32(2)),
        ("float a", np.float64(0.1), np.float32(0.1)),
        ("float a", float("inf"), np.float32("inf")),
        ("int n", np.int64(-3), np.int32(-3)),
        ("int n", True, np.int32(1)),
        ("uchar n", 255, np.uint8(255)),
        ("ulong n", 2**64 - 1, np.uint64(2**64 - 1)),
    ],
)
def test_numbers_become_the_bytes_of_their_type(text: str, value: float, expected: np.generic) -> None:
    assert parse_parameter("k", text).pack("k", value) == expected.tobytes()


@pytest.mark.parametrize(
    ("text", "value", "message"),
    [
        ("const float a", "2", "k: expected a number for a (const float a), got str"),
        ("const float a", None, "k: expected a number for a (const float a), got NoneType"),
        ("const float a", np.zeros(3), "got ndarray"),
        ("const float a", 1e39, "k: expected a number that float32 can hold for a (const float a), got 1e+39"),
        ("const int n", 2.0, "k: expected a whole number for n (const int n), got 2.0"),
        ("const int n", 2**31, "k: expected -2147483648 to 2147483647 for n (const int n), got 2147483648"),
        ("uint n", -1, "k: expected 0 to 4294967295 for n (uint n), got -1"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(text: str, value: object, message: str) -> None:
    with pytest.raises(DTypeError) as error:
        parse_parameter("k", text).pack("k", value)
    assert message in str(error.value)
