"""Element-wise operations against NumPy, with broadcasting at odd shapes; transposition."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.errors import DTypeError, ShapeError
from tests.mathcore.backends.opencl.comparison import assert_close, assert_same_bits, random_array

EXACT_UNARY = ("negative", "abs")
ROUNDED_UNARY = ("exp", "log", "sqrt", "tanh")
EXACT_BINARY = ("add", "subtract", "multiply", "maximum", "minimum", "equal", "less", "less_equal")
ROUNDED_BINARY = ("divide", "pow")

SHAPES = [
    ((3, 4, 5), (3, 4, 5)),
    ((3, 1, 5), (4, 1)),
    ((), (3,)),
    ((1,), ()),
    ((2, 3, 1, 5, 1, 7), (1, 3, 4, 1, 6, 7)),
    ((0, 3), (1, 3)),
    ((20_001,), (1,)),
    ((33, 1), (1, 1000)),
]


@pytest.mark.parametrize("operation", EXACT_UNARY + ROUNDED_UNARY)
def test_unary_operations_agree_with_numpy(device: OpenCLBackend, reference: NumpyBackend, operation: str) -> None:
    values = random_array(7, 11, 13)
    if operation in ("log", "sqrt"):
        values = np.abs(values)
    actual, expected = (backend.elementwise(operation, backend.asarray(values)) for backend in (device, reference))
    # OpenCL allows 4 units in the last place for exp and log, 5 for tanh, 3 for sqrt: 6e-7 relative.
    assert_close(actual, expected, tolerance=0 if operation in EXACT_UNARY else 6e-7)


@pytest.mark.parametrize("operation", EXACT_BINARY + ROUNDED_BINARY)
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_binary_operations_broadcast_as_in_numpy(
    device: OpenCLBackend, reference: NumpyBackend, operation: str, shapes: tuple[tuple[int, ...], tuple[int, ...]]
) -> None:
    a, b = np.abs(random_array(*shapes[0])), np.asarray(random_array(*shapes[1], seed=1))
    if operation == "equal":
        a, b = np.round(a), np.round(b)
    actual, expected = (
        backend.elementwise(operation, backend.asarray(a), backend.asarray(b)) for backend in (device, reference)
    )
    # OpenCL allows 2.5 units in the last place for a quotient and 16 for a power: 2e-6 relative.
    assert_close(actual, expected, tolerance=0 if operation in EXACT_BINARY else 2e-6)


@pytest.mark.parametrize("operation", ["add", "multiply", "maximum", "minimum", "equal", "less", "less_equal"])
@pytest.mark.parametrize("dtype", ["int32", "uint8", "bool"])
def test_whole_numbers_and_truth_values_agree_exactly(
    device: OpenCLBackend, reference: NumpyBackend, operation: str, dtype: str
) -> None:
    generator = np.random.default_rng(0)
    a, b = (generator.integers(0, 2 if dtype == "bool" else 250, (5, 9)).astype(dtype) for _ in range(2))
    actual, expected = (
        backend.elementwise(operation, backend.asarray(a), backend.asarray(b)) for backend in (device, reference)
    )
    assert_same_bits(actual, expected)


@pytest.mark.parametrize("operation", ["maximum", "minimum", "less", "equal"])
def test_nan_and_infinity_behave_as_in_numpy(device: OpenCLBackend, reference: NumpyBackend, operation: str) -> None:
    special = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0], np.float32)
    a, b = (np.array(column, np.float32) for column in zip(*itertools.product(special, special), strict=True))
    actual, expected = (
        backend.elementwise(operation, backend.asarray(a), backend.asarray(b)).numpy()
        for backend in (device, reference)
    )
    np.testing.assert_array_equal(actual, expected)


def test_operators_of_arrays_work_on_a_device(device: OpenCLBackend) -> None:
    x = device.asarray([1.0, 2.0, 4.0])
    np.testing.assert_array_equal((2 - x * x / 2 + -x).numpy(), np.array([0.5, -2.0, -10.0], np.float32))
    np.testing.assert_array_equal((x <= 2).numpy(), [True, True, False])


def test_types_and_shapes_that_do_not_fit_are_refused(device: OpenCLBackend) -> None:
    x = device.zeros((2, 3))
    with pytest.raises(DTypeError, match="add: expected operands of one dtype"):
        device.elementwise("add", x, device.zeros((2, 3), np.int32))
    with pytest.raises(DTypeError, match="exp: expected float32"):
        device.elementwise("exp", device.zeros((2,), np.int32))
    with pytest.raises(DTypeError, match="subtract: expected float32, int32 or uint8, got bool"):
        device.elementwise("subtract", device.zeros((2,), bool), device.zeros((2,), bool))
    with pytest.raises(ShapeError, match="add: expected shapes that broadcast"):
        device.elementwise("add", x, device.zeros((2, 4)))


@pytest.mark.parametrize("axes", list(itertools.permutations(range(4))), ids=str)
def test_transposition_agrees_with_numpy(device: OpenCLBackend, reference: NumpyBackend, axes: tuple[int, ...]) -> None:
    values = random_array(3, 1, 5, 4)
    actual, expected = (backend.transpose(backend.asarray(values), axes) for backend in (device, reference))
    assert_same_bits(actual, expected)


def test_transposition_refuses_axes_that_are_no_permutation(device: OpenCLBackend) -> None:
    with pytest.raises(ShapeError, match="transpose: expected a permutation of"):
        device.transpose(device.zeros((2, 3)), (0, 0))
