"""The accuracy layer."""

import numpy as np
import pytest

from mathcore import NetworkError, ShapeError
from mathcore.backends import create
from mathcore.layers import Accuracy

BACKEND = create("numpy")


def test_it_counts_the_examples_whose_first_highest_score_is_at_the_label() -> None:
    scores = BACKEND.asarray([[0.0, 2.0, 1.0], [3.0, 3.0, 0.0], [0.0, 1.0, 1.0]])
    (count,), backward = Accuracy("acc", {}).forward({}, scores, BACKEND.asarray([1, 0, 2]))
    assert count.item() == 2
    assert count.dtype == np.int32
    assert backward((), {}) == (None, None)


def test_the_label_may_be_among_several_highest() -> None:
    scores = BACKEND.asarray([[0.0, 2.0, 1.0], [3.0, 3.0, 0.0], [0.0, 1.0, 1.0]])
    layer = Accuracy("acc", {"top_k": 2})
    layer.infer_shapes([(3,), ()])
    (count,), _ = layer.forward({}, scores, BACKEND.asarray([2, 1, 0]))
    assert count.item() == 2


def test_more_than_all_scores_are_refused() -> None:
    with pytest.raises(ShapeError, match=r'accuracy "acc": expected at least 5 scores, got \(N, 3\); use a smaller'):
        Accuracy("acc", {"top_k": 5}).infer_shapes([(3,), ()])
    with pytest.raises(NetworkError, match='accuracy "acc": expected top_k to be a whole number of 1 to'):
        Accuracy("acc", {"top_k": 0})


def test_other_shapes_than_scores_and_labels_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"got \(N,\) and \(N, 10\); put a linear layer before it and give the label"):
        Accuracy("acc", {}).infer_shapes([(), (10,)])
