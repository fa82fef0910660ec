"""Element-wise kernels on a device and by their NumPy functions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

import mathcore
from mathcore import DeviceError, DTypeError, MathcoreError, ShapeError
from mathcore.backends.base import Backend
from mathcore.elementwise_kernel import elementwise_kernel

lerp = elementwise_kernel(
    "float a, float b, float t", "float y", "y = a + t * (b - a)", name="lerp", numpy=lambda a, b, t: a + t * (b - a)
)

# How many steps z = z**2 + c takes to leave the circle of radius 2, as for the Mandelbrot set.
escape = elementwise_kernel(
    "float re, float im, int most",
    "int steps",
    """
    float x = 0, y = 0;
    for (steps = 0; steps < most && x * x + y * y <= 4; steps++) {
        const float new_x = x * x - y * y + re;
        y = 2 * x * y + im;
        x = new_x;
    }
    """,
    name="escape",
)

divided = elementwise_kernel(
    "int x, int by", "int quotient, int rest", "quotient = x / by; rest = x % by",
    name="divided", numpy=lambda x, by: (x // by, x % by),
)  # fmt: skip


@settings(deadline=None, max_examples=40)
@given(shapes=hnp.mutually_broadcastable_shapes(num_shapes=3, min_side=0, max_side=5))
def test_operands_broadcast_as_in_numpy(shapes: hnp.BroadcastableShapes) -> None:
    random = np.random.default_rng(0)
    values = [np.asarray(random.random(shape), np.float32) for shape in shapes.input_shapes]
    expected = values[0] + values[2] * (values[1] - values[0])
    for device in ("numpy", "opencl"):
        y = lerp(*(mathcore.asarray(value, device=device) for value in values))
        assert y.shape == shapes.result_shape
        np.testing.assert_allclose(y.numpy(), expected, rtol=1e-6, atol=1e-6)


def test_numbers_and_lists_are_operands_too(backend: Backend) -> None:
    y = lerp(backend.asarray([0.0, 10.0]), 1, [[0.0], [0.5]])
    assert y.tolist() == [[0.0, 10.0], [0.5, 5.5]]


def test_several_outputs(backend: Backend) -> None:
    quotient, rest = divided(backend.asarray([7, 8, 9]), 3)
    assert quotient.tolist() == [2, 2, 3]
    assert rest.tolist() == [1, 2, 0]


def test_a_body_may_hold_loops() -> None:
    with mathcore.device("opencl"):
        assert escape([0.0, 1.0, 3.0], 0.0, 50).tolist() == [50, 3, 1]


def test_outputs_can_be_given(backend: Backend) -> None:
    out = backend.zeros((2,))
    assert lerp(backend.zeros((2,)), 2.0, 0.5, out=out) is out
    assert out.tolist() == [1.0, 1.0]
    with pytest.raises(ShapeError, match="lerp: expected out for y of shape \\(3,\\), got \\(2,\\)"):
        lerp(backend.zeros((3,)), 2.0, 0.5, out=out)


def test_bad_operands_get_one_line(backend: Backend) -> None:
    x = backend.zeros((3,))
    with pytest.raises(MathcoreError, match="lerp: expected 3 arguments \\(a, b, t\\), got 2"):
        lerp(x, x)
    with pytest.raises(DTypeError, match="lerp: expected b of float32 .*, got int32"):
        lerp(x, x.astype("int32"), 1.0)
    with pytest.raises(DTypeError, match="divided: expected a whole number for by .*, got 1.5"):
        divided(x.astype("int32"), 1.5)
    with pytest.raises(ShapeError, match="lerp: "):
        lerp(x, backend.zeros((2,)), 1.0)


def test_without_a_numpy_function_only_devices_run_it() -> None:
    with pytest.raises(DeviceError, match="escape: expected a NumPy function"):
        escape(mathcore.zeros((3,), device="numpy"), 0.0, 5)


def test_the_compilers_line_is_counted_from_the_start_of_the_body() -> None:
    wrong = elementwise_kernel("float x", "float y", "y = x;\ny = unknown_thing", name="wrong")
    with pytest.raises(DeviceError, match=r"wrong: .* got line 2 \(y = unknown_thing;\): "):
        wrong(mathcore.zeros((3,), device="opencl"))


@pytest.mark.parametrize("inputs", ["", "x", "double x", "float x,", "const float x", "float 2x", "T x"])
def test_declarations_of_another_kind_are_refused(inputs: str) -> None:
    with pytest.raises(MathcoreError, match='elementwise: expected declarations such as "float x, int k" of float, '):
        elementwise_kernel(inputs, "float y", "y = 1")
