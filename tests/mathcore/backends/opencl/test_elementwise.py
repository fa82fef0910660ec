"""Element-wise operations on a device against NumPy: every operation and type, special values, broadcasting."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathcore.backends.numpy import elementwise
from mathcore.backends.numpy.backend import NumpyBackend
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.backends.operations import BOOL, OPERATIONS, Step
from mathcore.errors import DTypeError, ShapeError
from tests.mathcore.backends.opencl.comparison import assert_same_bits, assert_within_ulps, random_array
from tests.mathcore.backends.opencl.widths import WIDTHS, open_as

FLOATS = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 0.5, -0.3, 2.5, -3.5, 7.0, 1e-40, 1e10, 3.4e38, -3.4e38]
VALUES: dict[str, np.ndarray] = {
    "float32": np.array(FLOATS, np.float32),
    "int32": np.array([-(2**31), 1 - 2**31, -33, -32, -7, -2, -1, 0, 1, 2, 7, 31, 32, 33, 2**31 - 1], np.int32),
    "uint8": np.array([0, 1, 2, 3, 7, 8, 9, 100, 127, 128, 254, 255], np.uint8),
    "bool": np.array([False, True]),
}
ULPS = {
    # What OpenCL 1.2 allows, in section 7.4.
    **dict.fromkeys(["exp", "expm1", "log", "log2", "log10", "log1p"], 3),
    **dict.fromkeys(["sin", "cos", "sinh", "cosh", "asin", "acos", "asinh", "acosh", "hypot"], 4),
    **dict.fromkeys(["tan", "tanh", "atan", "atanh"], 5),
    "atan2": 6,
    **dict.fromkeys(["erf", "pow"], 16),
}
DTYPES = [np.dtype(name) for name in VALUES]


def cases(kinds: str) -> list[tuple[str, str]]:
    return [
        (name, dtype.name) for name, operation in OPERATIONS.items() for dtype in DTYPES
        if dtype.kind in kinds and dtype.kind in operation.kinds
    ]  # fmt: skip


def operands(operation: str, dtype: str) -> list[np.ndarray]:
    """Return arrays that hold every combination of the special values, and random ones behind them."""
    count = OPERATIONS[operation].operands
    values = VALUES[dtype]
    columns = [np.array(column, dtype) for column in zip(*itertools.product(values, repeat=count), strict=True)]
    generator = np.random.default_rng(count)
    random = [(generator.standard_normal(997) * 40).astype(dtype) for _ in columns]
    found = [np.concatenate(pair) for pair in zip(columns, random, strict=True)]
    return [found[0].astype(bool), *found[1:]] if operation == "where" else found


@pytest.mark.parametrize(("operation", "dtype"), cases("biuf"))
def test_every_operation_agrees_with_numpy(device: OpenCLBackend, operation: str, dtype: str) -> None:
    given_ = operands(operation, dtype)
    actual = device.elementwise(operation, *map(device.asarray, given_)).numpy()
    if dtype == "float32" and operation in ULPS:
        exact = elementwise.elementwise(operation, *(x.astype(np.float64) for x in given_))
        assert_within_ulps(actual, exact, ulps=ULPS[operation])
        return
    expected = elementwise.elementwise(operation, *given_)
    assert actual.dtype == expected.dtype
    if operation == "logaddexp":  # exp and log1p, 3 units each, of values that may cancel
        np.testing.assert_allclose(actual, expected, rtol=1e-6, atol=1e-6)
        return
    np.testing.assert_array_equal(actual, expected)
    if dtype == "float32" and operation not in ("maximum", "minimum", "clip"):  # which zero they take is open
        known = ~np.isnan(expected)
        np.testing.assert_array_equal(np.signbit(actual[known]), np.signbit(expected[known]))


@pytest.mark.parametrize("target", list(VALUES))
@pytest.mark.parametrize("source", list(VALUES))
def test_every_conversion_agrees_with_numpy(device: OpenCLBackend, source: str, target: str) -> None:
    special = [2**31, -(2**31), 2147483520, -129, 255.9, 256, 300, -0.99, 16777217] if source == "float32" else []
    values = np.concatenate([VALUES[source], np.array(special, source)])
    actual = device.cast(device.asarray(values), target)
    assert_same_bits(actual, NumpyBackend().asarray(elementwise.cast(values, np.dtype(target))))


@pytest.mark.parametrize("size", [0, 1, 2, 7, 8, 9, 15, 16, 17, 511, 512, 513, 20_001])
def test_arrays_of_any_size_and_numbers_beside_them_agree(device: OpenCLBackend, size: int) -> None:
    a, b = random_array(size), np.asarray(random_array(seed=1))
    for left, right in ((a, a), (a, b), (b, a)):
        actual = device.elementwise("subtract", device.asarray(left), device.asarray(right))
        np.testing.assert_array_equal(actual.numpy(), left - right)


def test_nothing_is_written_beyond_the_last_element(device: OpenCLBackend) -> None:
    x = device.asarray(random_array(3 * 256))
    before = x.numpy()
    part = device.view(x, 256, (13,))
    device.copy(device.elementwise("negative", part), part)
    expected = before.copy()
    expected[256 : 256 + 13] *= -1
    np.testing.assert_array_equal(x.numpy(), expected)


@st.composite
def broadcast_shapes(draw: st.DrawFn) -> list[tuple[int, ...]]:
    """Return three shapes that broadcast, of up to six axes each."""
    shape = draw(st.lists(st.integers(0, 5) | st.just(9), max_size=6).filter(lambda lengths: np.prod(lengths) < 5000))
    return [
        tuple(1 if draw(st.booleans()) else length for length in shape[draw(st.integers(0, len(shape))) :])
        for _ in range(3)
    ]


@given(broadcast_shapes())
@settings(deadline=None, max_examples=150)
def test_operands_broadcast_as_in_numpy(device: OpenCLBackend, shapes: list[tuple[int, ...]]) -> None:
    chosen, a, b = (np.asarray(random_array(*shape, seed=seed)) for seed, shape in enumerate(shapes))
    actual = device.elementwise("where", *map(device.asarray, (chosen > 0, a, b)))
    np.testing.assert_array_equal(actual.numpy(), np.where(chosen > 0, a, b), strict=True)
    low, high = np.minimum(a, b).astype(np.int32), np.maximum(a, b).astype(np.int32)
    wide = chosen.astype(np.int32)
    actual = device.elementwise("clip", *map(device.asarray, (wide, low, high)))
    np.testing.assert_array_equal(actual.numpy(), np.minimum(np.maximum(wide, low), high), strict=True)


def test_nine_axes_that_broadcast_in_turns_are_walked_and_ten_refused(device: OpenCLBackend) -> None:
    a, b = random_array(2, 1, 3, 1, 2, 1, 3, 1, 2), random_array(1, 2, 1, 3, 1, 2, 1, 3, 1)
    np.testing.assert_array_equal(device.elementwise("add", device.asarray(a), device.asarray(b)).numpy(), a + b)
    with pytest.raises(ShapeError, match=r"expected at most 9 axes that broadcast differently, got \(2, 2, 3"):
        device.elementwise("add", device.asarray(a[..., None]), device.asarray(random_array(*b.shape, 2)))


@pytest.mark.parametrize("kind", list(WIDTHS))
def test_other_vector_widths_give_the_same(device: OpenCLBackend, kind: str, tmp_path: Path) -> None:
    other = open_as(kind, tmp_path)
    a, b = random_array(7, 37), random_array(37, seed=1)
    whole, small = (a * 100).astype(np.int32), (b * 100).astype(np.uint8)
    for operation, values in (
        ("multiply", (a, b)), ("remainder", (a, b)), ("less", (a, b)), ("where", (a > 0, a, b)),
        ("floor_divide", (whole, whole[0])), ("pow", (whole, whole[:, :1])), ("bitwise_left_shift", (small, small[5])),
    ):  # fmt: skip
        actual, expected = (on.elementwise(operation, *map(on.asarray, values)) for on in (other, device))
        assert_same_bits(actual, expected)
    for target in ("int32", "uint8", "bool"):
        assert_same_bits(other.cast(other.asarray(a), target), device.cast(device.asarray(a), target))


def test_a_chain_gives_the_bits_of_its_steps_one_by_one(device: OpenCLBackend, reference: NumpyBackend) -> None:
    # where(a < b, a * c, -0.1), with c whole numbers
    float32 = np.dtype(np.float32)
    steps = (
        Step("less", (0, 1), BOOL),
        Step("cast", (2,), float32),
        Step("multiply", (0, 4), float32),
        Step("constant", (), float32, float(np.float32(-0.1)).hex()),
        Step("where", (3, 5, 6), float32),
    )
    a, b, c = random_array(9, 5), random_array(5, seed=1), np.arange(9, dtype=np.int32)[:, None]
    actual, expected = (on.chain(steps, *map(on.asarray, (a, b, c))) for on in (device, reference))
    assert_same_bits(actual, expected)
    np.testing.assert_array_equal(actual.numpy(), np.where(a < b, a * c.astype(np.float32), np.float32(-0.1)))


@pytest.mark.parametrize("dtype", list(VALUES))
def test_constants_of_a_chain_are_exact(device: OpenCLBackend, dtype: str) -> None:
    # Given a chain that gives constant x for the number x
    texts = [value.hex() if isinstance(value, float) else str(int(value)) for value in VALUES[dtype].tolist()]
    steps = [Step("constant", (), np.dtype(dtype), texts[0])]
    for place, text in enumerate(texts[1:], 1):
        chosen, constant = len(steps), len(steps) + 1
        steps += [
            Step("constant", (), np.dtype(dtype), text),
            Step("constant", (), np.dtype(np.int32), str(place)),
            Step("equal", (0, constant + 1), BOOL),
            Step("where", (constant + 2, constant, chosen), np.dtype(dtype)),
        ]
    # When it runs
    actual = device.chain(tuple(steps), device.asarray(np.arange(len(texts), dtype=np.int32)))
    # Then it gives the constants
    assert actual.numpy().tobytes() == VALUES[dtype].tobytes()


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
    with pytest.raises(ShapeError, match=r"at most 2,147,467,264 elements, got shape \(50000, 50000\)"):
        device.elementwise("add", device.zeros((50_000, 1)), device.zeros((50_000,)))
    with pytest.raises(DTypeError, match="on a device, got float64"):
        device.cast(x, np.float64)
