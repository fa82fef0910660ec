"""Making, viewing, combining and reducing arrays on the NumPy backend."""

import numpy as np
import pytest

from mathcore import DTypeError, ShapeError
from mathcore.backends import create

BACKEND = create("numpy")


@pytest.mark.parametrize(
    ("values", "dtype"),
    [(1.5, "float32"), (3, "int32"), ([[1, 2], [3, 4]], "int32"), ([1.0, 2], "float32"), (True, "bool")],
)
def test_python_numbers_become_float32_int32_or_bool(values: object, dtype: str) -> None:
    assert BACKEND.asarray(values).dtype == np.dtype(dtype)


def test_numpy_arrays_keep_their_type_and_are_copied() -> None:
    values = np.arange(6, dtype=np.float64).reshape(2, 3)
    x = BACKEND.asarray(values)
    values[0, 0] = 9
    assert x.dtype == np.float64
    assert x.numpy()[0, 0] == 0


def test_arrays_made_from_transposed_values_are_contiguous() -> None:
    x = BACKEND.asarray(np.arange(6, dtype=np.float32).reshape(2, 3).T)
    assert x.shape == (3, 2)
    assert x.data.flags.c_contiguous


@pytest.mark.parametrize("values", [np.ones(2, np.float16), np.ones(2, complex), ["a"]])
def test_other_types_are_refused(values: object) -> None:
    with pytest.raises(DTypeError, match="^expected .*float32.*, got "):
        BACKEND.asarray(values)


def test_numpy_returns_a_copy() -> None:
    x = BACKEND.zeros((3,))
    x.numpy()[0] = 1
    assert not x.numpy().any()


def test_a_view_and_a_reshape_share_memory() -> None:
    flat = BACKEND.zeros((1024,))
    part = BACKEND.view(flat, 512, (2, 3))
    BACKEND.write(part, np.full((2, 3), 5, np.float32))
    BACKEND.write(BACKEND.reshape(flat, (2, 512)), np.append(flat.numpy()[:1023], 7).astype(np.float32).reshape(2, 512))
    assert np.flatnonzero(flat.numpy()).tolist() == [512, 513, 514, 515, 516, 517, 1023]


@pytest.mark.parametrize(("offset", "shape"), [(1, (3,)), (-256, (3,)), (768, (257,)), (1024, (1,))])
def test_a_view_outside_or_off_the_grid_is_refused(offset: int, shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match="multiple of 256"):
        BACKEND.view(BACKEND.zeros((1024,)), offset, shape)


def test_copy_and_write_refuse_other_shapes_and_types() -> None:
    x = BACKEND.zeros((3,))
    with pytest.raises(ShapeError, match=r"expected values of shape \(3,\), got \(1,\)"):
        BACKEND.write(x, np.zeros(1, np.float32))
    with pytest.raises(DTypeError, match="expected values of float32, got float64"):
        BACKEND.write(x, np.zeros(3))
    BACKEND.copy(BACKEND.asarray([1.0, 2.0, 3.0]), x)
    assert x.numpy().tolist() == [1, 2, 3]


def test_reshape_takes_minus_one_and_refuses_another_size() -> None:
    x = BACKEND.zeros((4, 6))
    assert x.reshape(3, -1).shape == (3, 8)
    with pytest.raises(ShapeError, match="expected a shape of 24 elements"):
        x.reshape(5, 5)


def test_operators_broadcast_and_keep_float32() -> None:
    x, y = BACKEND.asarray([[1.0], [2.0]]), BACKEND.asarray([10.0, 20.0, 30.0])
    assert ((x + y) * 2 - 1).numpy().tolist() == [[21, 41, 61], [23, 43, 63]]
    assert (1 / x).dtype == np.float32
    assert (x < 2).numpy().tolist() == [[True], [False]]
    assert (-(x**2)).numpy().tolist() == [[-1], [-4]]


def test_every_operation_equals_numpy() -> None:
    a, b = np.array([0.5, 2, 3], np.float32), np.array([2, 2, 0.5], np.float32)
    for name in ("negative", "abs", "exp", "log", "sqrt", "tanh"):
        expected = getattr(np, name)(a)
        assert np.array_equal(BACKEND.elementwise(name, BACKEND.asarray(a)).numpy(), expected)
    for name in ("add", "subtract", "multiply", "divide", "maximum", "minimum", "equal", "less", "less_equal"):
        expected = getattr(np, name)(a, b)
        result = BACKEND.elementwise(name, BACKEND.asarray(a), BACKEND.asarray(b))
        assert result.dtype == expected.dtype
        assert np.array_equal(result.numpy(), expected)


def test_shapes_that_do_not_broadcast_are_named() -> None:
    with pytest.raises(ShapeError) as error:
        BACKEND.zeros((2, 3)) + BACKEND.zeros((4,))
    assert str(error.value) == "add: expected shapes that broadcast, got (2, 3) and (4,); reshape one of them"


def test_mixed_types_and_roots_of_integers_are_refused() -> None:
    with pytest.raises(DTypeError, match="expected operands of one dtype, got float32 and int32"):
        BACKEND.elementwise("add", BACKEND.zeros((2,)), BACKEND.zeros((2,), np.int32))
    with pytest.raises(DTypeError, match="sqrt: expected float32, got int32"):
        BACKEND.elementwise("sqrt", BACKEND.zeros((2,), np.int32))
    with pytest.raises(DTypeError, match="got operation 'cosine'"):
        BACKEND.elementwise("cosine", BACKEND.zeros((2,)))


@pytest.mark.parametrize("transpose_a", [False, True])
@pytest.mark.parametrize("transpose_b", [False, True])
def test_matmul_takes_transposed_operands(transpose_a: bool, transpose_b: bool) -> None:
    generator = np.random.default_rng(0)
    a, b = generator.standard_normal((3, 5)), generator.standard_normal((5, 4))
    given_a, given_b = BACKEND.asarray(a.T if transpose_a else a), BACKEND.asarray(b.T if transpose_b else b)
    product = BACKEND.matmul(given_a, given_b, transpose_a=transpose_a, transpose_b=transpose_b)
    np.testing.assert_allclose(product.numpy(), a @ b, rtol=1e-12)


def test_matmul_names_both_shapes_that_do_not_fit() -> None:
    with pytest.raises(ShapeError, match=r"expected \(M, K\) and \(K, N\), got \(2, 3\) and \(2, 3\)"):
        BACKEND.matmul(BACKEND.zeros((2, 3)), BACKEND.zeros((2, 3)))
    with pytest.raises(ShapeError, match="expected two matrices"):
        BACKEND.matmul(BACKEND.zeros((2, 3)), BACKEND.zeros((3,)))


def test_reductions_equal_numpy_and_keep_the_type() -> None:
    values = np.random.default_rng(0).standard_normal((3, 4, 5)).astype(np.float32)
    x = BACKEND.asarray(values)
    for axis in (None, 0, 1, 2, -1):
        for name in ("sum", "mean", "max", "min"):
            result = BACKEND.reduce(name, x, axis)
            assert result.dtype == np.float32
            np.testing.assert_allclose(result.numpy(), getattr(values, name)(axis=axis), rtol=1e-6)
        assert x.argmax(axis).dtype == np.int32
        assert np.array_equal(x.argmax(axis).numpy(), values.argmax(axis=axis))


def test_reductions_of_nothing_and_of_missing_axes_are_refused() -> None:
    with pytest.raises(ShapeError, match="expected at least one element"):
        BACKEND.zeros((0, 3)).max(0)
    with pytest.raises(ShapeError, match="expected an axis"):
        BACKEND.zeros((2, 3)).sum(2)
    with pytest.raises(DTypeError, match="mean: expected float32, got int32"):
        BACKEND.zeros((2,), np.int32).mean()
    assert BACKEND.zeros((0, 3)).sum(0).numpy().tolist() == [0, 0, 0]


def test_transposed_arrays_are_contiguous_copies() -> None:
    x = BACKEND.asarray(np.arange(24, dtype=np.float32).reshape(2, 3, 4))
    y = BACKEND.transpose(x, (2, 0, 1))
    assert y.data.flags.c_contiguous
    assert np.array_equal(y.numpy(), x.numpy().transpose(2, 0, 1))


def test_scalars_have_no_axes() -> None:
    x = BACKEND.asarray(2.0)
    assert x.shape == ()
    assert (x * 3).shape == ()
    assert (x * 3).item() == 6
