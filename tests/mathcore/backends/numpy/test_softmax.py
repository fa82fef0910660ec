"""Softmax and cross-entropy, also where exponentials would overflow."""

import numpy as np
import pytest

from mathcore.backends.numpy import softmax


def test_loss_and_probabilities_equal_the_formula() -> None:
    generator = np.random.default_rng(0)
    logits, labels = generator.standard_normal((7, 5)), generator.integers(0, 5, 7).astype(np.int32)
    loss, probabilities = softmax.softmax_cross_entropy(logits, labels)
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(probabilities, expected, rtol=1e-13)
    assert loss.shape == ()
    assert loss == pytest.approx(-np.log(expected[np.arange(7), labels]).mean(), rel=1e-13)


def test_huge_logits_give_finite_losses() -> None:
    logits = np.array([[1e4, -1e4], [88.0, 90.0]], np.float32)
    loss, probabilities = softmax.softmax_cross_entropy(logits, np.array([1, 1], np.int32))
    assert loss == pytest.approx((2e4 + np.log1p(np.exp(-2.0))) / 2, rel=1e-6)
    assert np.all(np.isfinite(probabilities))


def test_the_gradient_is_probabilities_less_the_label_over_n() -> None:
    probabilities = np.array([[0.25, 0.75], [0.5, 0.5]])
    gradient = softmax.softmax_cross_entropy_gradient(probabilities, np.array([0, 1], np.int32), np.asarray(2.0))
    np.testing.assert_allclose(gradient, [[-0.75, 0.75], [0.5, -0.5]], rtol=1e-15)
    assert probabilities[0, 0] == 0.25


def test_correct_rows_have_their_first_maximum_at_the_label() -> None:
    logits = np.array([[1, 1, 0], [1, 1, 0], [0, 2, 3], [5, 0, 0]], np.float32)
    count = softmax.count_correct(logits, np.array([0, 1, 2, 1], np.int32))
    assert count.dtype == np.int32
    assert count == 2


@pytest.mark.parametrize("label", [-1, 3])
def test_a_label_that_is_no_class_makes_the_loss_nan(label: int) -> None:
    loss, _ = softmax.softmax_cross_entropy(np.zeros((2, 3)), np.array([0, label], np.int32))
    assert np.isnan(loss)


def test_smoothing_and_ignored_labels_equal_the_formula() -> None:
    generator = np.random.default_rng(0)
    logits, labels = generator.standard_normal((4, 3)), np.array([0, -1, 2, 1], np.int32)
    loss, probabilities = softmax.softmax_cross_entropy(logits, labels, ignore_label=-1, label_smoothing=0.3)
    counted = [0, 2, 3]
    targets = 0.7 * np.eye(3)[labels[counted]] + 0.1
    assert loss == pytest.approx(-(targets * np.log(probabilities[counted])).sum() / 3, rel=1e-13)
    gradient = softmax.softmax_cross_entropy_gradient(
        probabilities, labels, np.asarray(2.0), ignore_label=-1, label_smoothing=0.3
    )
    np.testing.assert_allclose(gradient[counted], (probabilities[counted] - targets) * 2 / 3, rtol=1e-13)
    assert not gradient[1].any()


def test_a_batch_of_ignored_labels_has_no_loss() -> None:
    loss, _ = softmax.softmax_cross_entropy(np.ones((2, 3)), np.array([7, 7], np.int32), ignore_label=7)
    assert loss == 0


@pytest.mark.parametrize(("k", "count"), [(1, 1), (2, 3), (3, 4), (4, 4)])
def test_the_label_is_among_the_highest(k: int, count: int) -> None:
    nan = np.nan
    logits = np.array([[1, 3, 2, 0], [3, 2, 2, 2], [2, 2, 2, 1], [nan, 0, 1, nan], [1, 1, 1, 1]], np.float32)
    labels = np.array([2, 2, 1, 0, 4], np.int32)
    assert softmax.count_correct(logits, labels, top_k=k) == count
