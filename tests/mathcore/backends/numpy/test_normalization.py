"""Normalization on NumPy arrays against numbers worked out by hand."""

import numpy as np
import pytest

from mathcore.backends.numpy import normalization

X = np.array([[1.0, 10.0], [3.0, 10.0], [5.0, 40.0]])


def test_statistics_divide_by_the_number_of_rows() -> None:
    mean, variance, inverse = normalization.batch_statistics(X, eps=1.0)
    assert mean.tolist() == [3, 20]
    np.testing.assert_allclose(variance, [8 / 3, 200])
    np.testing.assert_allclose(inverse, [np.sqrt(3 / 11), 1 / np.sqrt(201)])


@pytest.mark.parametrize(
    ("addend", "activation", "expected"),
    [(None, "identity", -3.0), (None, "relu", 0.0), (5.0, "identity", 2.0), (5.0, "relu", 2.0)],
)
def test_the_addend_comes_before_the_activation(addend: float | None, activation: str, expected: float) -> None:
    x, mean, inverse, gamma, beta = (np.array([[value]]) for value in (1.0, 3.0, 0.5, 4.0, 1.0))
    given = None if addend is None else np.array([[addend]])
    y = normalization.normalize(x, mean[0], inverse[0], gamma[0], beta[0], addend=given, activation=activation)
    assert y.tolist() == [[expected]]


def test_running_values_move_by_their_share() -> None:
    following = np.zeros(1)
    normalization.follow(np.array([10.0]), np.array([2.0]), following, decay=0.75, factor=2.0)
    assert following.tolist() == [6.5]
