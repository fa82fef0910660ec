"""Random matrices: their range and class, and that seeds repeat them on every device."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import mathcore
from mathcore import matlab
from mathcore.backends.base import Backend
from mathcore.errors import DTypeError, MathcoreError
from mathcore.matlab import Matrix


def draw() -> list[Matrix]:
    return [matlab.rand(20, 30), matlab.randn(20, 30), matlab.randi(6, 20, 30), matlab.randi([-2, 2], 20, 30, "int32")]


def test_a_seed_repeats_the_numbers_and_calls_differ(backend: Backend) -> None:
    with mathcore.device(backend):
        # When
        matlab.rng(5)
        first, again = draw(), draw()
        matlab.rng(5)
        repeated = draw()

    # Then
    for one, two, three in zip(first, again, repeated, strict=True):
        assert matlab.isequal(one, three)
        assert not matlab.isequal(one, two)


def test_the_numbers_are_those_of_the_generator_of_that_seed(backend: Backend) -> None:
    # Given
    generator = mathcore.random.Generator(11, device=mathcore.device(backend))
    expected = [generator.uniform((2, 3)), generator.integers(1, 7, (2, 3))]

    # When
    matlab.rng(11)
    with mathcore.device(backend):
        drawn = [matlab.rand(2, 3), matlab.randi(6, 2, 3)]

    # Then
    for one, two in zip(drawn, expected, strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())


def test_devices_draw_the_same_numbers(backend: Backend) -> None:
    drawn = []
    for device in ("numpy", backend):
        matlab.rng(7)
        with mathcore.device(device):
            drawn.append(draw())
    for one, two in zip(*drawn, strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())


def test_numbers_are_of_their_range_and_class(backend: Backend) -> None:
    with mathcore.device(backend):
        uniform, normal, dice, steps = draw()
    assert 0 <= uniform.numpy().min() < 0.1
    assert 0.9 < uniform.numpy().max() < 1
    assert abs(normal.numpy().mean()) < 0.2  # five standard errors of 600 numbers
    assert set(dice.numpy().ravel().tolist()) == {1, 2, 3, 4, 5, 6}
    assert set(steps.numpy().ravel().tolist()) == {-2, -1, 0, 1, 2}
    assert [matlab.klass(x) for x in (uniform, normal, dice, steps)] == ["single", "single", "single", "int32"]


def test_sizes_are_matlabs(backend: Backend) -> None:
    with mathcore.device(backend):
        assert matlab.rand().array.shape == (1, 1)
        assert matlab.randn(3).array.shape == (3, 3)
        assert matlab.randi(9, 2, 3, 4, "uint8").array.shape == (2, 3, 4)
        assert matlab.rand(0, 3).array.shape == (0, 3)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: matlab.rand(2, "int32"), DTypeError),
        (lambda: matlab.randn(2, "logical"), DTypeError),
        (lambda: matlab.randi(256, 2, "uint8"), DTypeError),
        (lambda: matlab.randi([-1, 1], 2, "uint8"), DTypeError),
        (lambda: matlab.randi(1, 2, "logical"), DTypeError),
        (lambda: matlab.randi(0, 2), MathcoreError),
        (lambda: matlab.rng(-1), MathcoreError),
    ],
)
def test_what_cannot_be_drawn_is_refused(call: Callable[[], object], error: type[Exception]) -> None:
    with pytest.raises(error, match="expected"):
        call()
