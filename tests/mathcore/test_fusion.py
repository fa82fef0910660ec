"""Fused functions: the bits of the function as it is, whatever goes in; what they refuse."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mathcore
from mathcore.array import NDArray
from mathcore.backends.base import Backend
from mathcore.errors import DeviceError, DTypeError, MathcoreError, ShapeError


def gauss(x: NDArray, y: NDArray) -> NDArray:
    return mathcore.exp(-(x * x)) * y + 1


def momentum(w: NDArray, dw: NDArray, rate: float, decay: float = 0.5) -> NDArray:
    return (1 - rate) * w - rate**2 * (dw + decay * w) / 3


def mixed(x: NDArray, n: int) -> NDArray:
    return mathcore.where((x > n) | mathcore.isnan(x), mathcore.floor_divide(x, 2), x.astype("int32") % 7 - n)


def choose(x: NDArray, y: NDArray) -> NDArray:
    return mathcore.clip(mathcore.sqrt(mathcore.abs(x)), -1, max=y) ** 2


FUNCTIONS: list[tuple[Callable[..., NDArray], tuple[str, ...], tuple[Any, ...]]] = [
    (gauss, ("float32", "float32"), ()),
    (momentum, ("float32", "int32"), (0.1,)),
    (momentum, ("float32", "int32"), (0.3, 2)),
    (mixed, ("uint8",), (3,)),
    (choose, ("float32", "float32"), ()),
]
FUSED = {function: mathcore.fused(function) for function, *_ in FUNCTIONS}


def assert_same(actual: NDArray, expected: NDArray) -> None:
    assert (actual.backend, actual.shape, actual.dtype) == (expected.backend, expected.shape, expected.dtype)
    assert actual.numpy().tobytes() == expected.numpy().tobytes()


@given(st.data())
@settings(deadline=None, max_examples=30)
def test_a_fused_function_gives_the_bits_of_the_function(backend: Backend, data: st.DataObject) -> None:
    function, dtypes, numbers = data.draw(st.sampled_from(FUNCTIONS))
    shapes = data.draw(st.sampled_from([((3, 5), (5,)), ((), (4,)), ((0, 3), (3,)), ((600,), (600,))]))
    generator = np.random.default_rng(data.draw(st.integers(0, 9)))
    operands = [
        backend.asarray((generator.standard_normal(shape) * 5).astype(dtype))
        for shape, dtype in zip(shapes, dtypes, strict=False)
    ]
    assert_same(FUSED[function](*operands, *numbers), function(*operands, *numbers))


def test_the_function_is_traced_once_and_runs_as_one_kernel(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a fused function that was called once
    calls: list[Any] = []

    @mathcore.fused
    def counted(x: NDArray, rate: float) -> NDArray:
        """Say hello."""
        calls.append(x)
        return x * rate + 1

    x = backend.asarray([1.0, 2.0])
    counted(x, 0.5)
    # When it is called with other shapes and numbers
    monkeypatch.setattr(backend, "elementwise", None if backend.name == "opencl" else backend.elementwise)
    y = counted(backend.asarray([[3.0]]), 0.25)
    # Then a device runs what was recorded, and NumPy the function itself
    assert y.numpy().tolist() == [[1.75]]
    assert len(calls) == (1 if backend.name == "opencl" else 2)
    assert (counted.__name__, counted.__doc__) == ("counted", "Say hello.")


def test_keywords_lists_and_numpy_arrays_are_arguments_too(backend: Backend) -> None:
    x = backend.asarray([1.0, 2.0])
    fused = FUSED[momentum]
    for dw in ([3.0, 4.0], np.array([3, 4], np.int32)):
        assert_same(fused(x, dw, decay=0.25, rate=0.1), momentum(x, dw, decay=0.25, rate=0.1))  # type: ignore[arg-type]


def test_a_number_argument_is_as_exact_as_without_fusion(backend: Backend) -> None:
    @mathcore.fused
    def shifted(x: NDArray, n: float) -> NDArray:
        return x + (n - 0.1) * 3

    x = backend.asarray([0.0])
    for n in (0.1, 0.7, 1e-9, -0.0, 2**24 + 1):
        assert shifted(x, n).item() == np.float32((n - 0.1) * 3)


def test_numbers_are_compared_and_chosen_by(backend: Backend) -> None:
    @mathcore.fused
    def capped(x: NDArray, limit: float) -> NDArray:
        return mathcore.where(limit > 2, x, limit * mathcore.sign(x))

    x = backend.asarray([-4.0, 4.0])
    assert capped(x, 1.5).numpy().tolist() == [-1.5, 1.5]
    assert capped(x, 2.5).numpy().tolist() == [-4.0, 4.0]


def test_operands_that_do_not_change_the_result_do_not_change_its_shape(backend: Backend) -> None:
    @mathcore.fused
    def first(x: NDArray, y: NDArray) -> NDArray:
        y * 2  # computed in vain
        return x

    x, y = backend.asarray([1.0, 2.0]), backend.asarray([[1.0], [2.0]])
    assert first(x, y).numpy().tolist() == [1.0, 2.0]


def test_fused_functions_call_each_other(backend: Backend) -> None:
    @mathcore.fused
    def outer(x: NDArray, n: float) -> NDArray:
        return FUSED[momentum](x, x + 1, n) * 2

    x = backend.asarray([1.0, 2.0])
    assert_same(outer(x, 0.1), momentum(x, x + 1, 0.1) * 2)


def test_without_arrays_the_function_runs_as_it_is() -> None:
    assert mathcore.fused(lambda x, y: x + y)(1, 2) == 3


KEPT = [1.0, 2.0]
REFUSED: dict[str, tuple[Callable[..., Any], str]] = {
    "a reduction": (lambda x: x - mathcore.max(x), "got a use of an array's shape or values"),
    "a shape": (lambda x: x * x.shape[0], "got a use of an array's shape or values"),
    "an item": (lambda x: x * x[0].item(), "got a use of an array's shape or values"),
    "a decision": (lambda x: x if x > 0 else -x, "got a use of an array's shape or values"),
    "a product of matrices": (lambda x: x @ x, "got a use of an array's shape or values"),
    "values from outside": (lambda x: x * KEPT, r"got values of shape \(2,\) that are no argument"),
    "a number as result": (lambda x: 3, "got int as its result"),
    "two results": (lambda x: (x, x + 1), "got tuple as its result"),
}


@pytest.mark.parametrize("what", list(REFUSED))
def test_anything_but_element_wise_functions_is_refused(backend: Backend, what: str) -> None:
    function, found = REFUSED[what]
    x = backend.asarray([3.0, 4.0])
    if backend.name == "opencl":
        with pytest.raises(MathcoreError, match=f"^fused <lambda>: expected element-wise functions .* only, {found}"):
            mathcore.fused(function)(x)


@pytest.fixture
def opencl() -> Backend:
    return mathcore.device("opencl").backend


def test_an_array_from_outside_is_refused(opencl: Backend) -> None:
    kept = opencl.asarray([1.0, 2.0])
    with pytest.raises(MathcoreError, match="got an array that is no argument; pass it as one"):
        mathcore.fused(lambda x: x * kept)(opencl.asarray([3.0, 4.0]))


def test_a_use_of_a_number_that_needs_its_value_is_refused(opencl: Backend) -> None:
    x = opencl.asarray([3.0, 4.0])
    for function in (lambda x, n: x * math.exp(n), lambda x, n: x if n > 1 else -x, lambda x, n: x * range(n)[0]):
        with pytest.raises(MathcoreError, match="compute it before the call"):
            mathcore.fused(function)(x, 2)


def test_numbers_that_change_their_kind_or_do_not_fit_are_refused(opencl: Backend) -> None:
    power, whole = mathcore.fused(lambda x, n: x * 2**n), opencl.asarray([1, 2])
    assert power(whole, 3).numpy().tolist() == [8, 16]
    with pytest.raises(DTypeError, match="expected a number that int32 can hold, as in the first call, got 0.125"):
        power(whole, -3)
    with pytest.raises(DTypeError, match="expected a number that int32 can hold, got 1099511627776"):
        power(whole, 40)


def test_more_than_eight_operands_are_refused(opencl: Backend) -> None:
    total = mathcore.fused(lambda *xs: sum(xs[1:], xs[0]))
    xs = [opencl.asarray([float(n)]) for n in range(9)]
    assert total(*xs[:8]).item() == 28.0
    with pytest.raises(MathcoreError, match="got 9 arrays and numbers, more than 8; split it"):
        total(*xs)


def test_shapes_types_and_devices_that_do_not_fit_are_refused(opencl: Backend) -> None:
    x = opencl.asarray([1.0, 2.0])
    with pytest.raises(ShapeError, match=r"fused: expected shapes that broadcast, got \(2,\) and \(3,\)"):
        FUSED[gauss](x, opencl.zeros((3,)))
    with pytest.raises(DTypeError, match="on a device, got float64"):
        mathcore.fused(lambda x: x.astype("float64"))(x)
    with pytest.raises(DeviceError, match="fused gauss: expected arrays of one device"):
        FUSED[gauss](x, mathcore.device("numpy").backend.asarray([1.0, 2.0]))
