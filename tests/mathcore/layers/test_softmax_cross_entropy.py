"""The loss layer."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mathcore import NetworkError, ShapeError
from mathcore.layers import Layer, SoftmaxCrossEntropy


@pytest.mark.parametrize(("examples", "classes"), [(5, 10), (1, 2), (3, 1), (7, 3)])
def test_gradients_agree_with_central_differences(
    check_gradient: Callable[[Layer, list[np.ndarray]], None], examples: int, classes: int
) -> None:
    generator = np.random.default_rng(1)
    labels = generator.integers(0, classes, examples).astype(np.int32)
    check_gradient(SoftmaxCrossEntropy("loss", {}), [generator.standard_normal((examples, classes)), labels])


def test_gradients_with_smoothing_and_ignored_labels_agree_with_central_differences(
    check_gradient: Callable[[Layer, list[np.ndarray]], None],
) -> None:
    labels = np.array([0, 255, 2, 255, 1], np.int32)
    layer = SoftmaxCrossEntropy("loss", {"ignore_label": 255, "label_smoothing": 0.2})
    check_gradient(layer, [np.random.default_rng(1).standard_normal((5, 3)), labels])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"label_smoothing": 1.5}, "expected label_smoothing to be a number of 0 to 1, got 1.5"),
        ({"ignore_label": "none"}, "expected ignore_label to be a whole number of -2147483648 to 2147483647, got"),
    ],
)
def test_wrong_params_are_named(params: dict[str, Any], message: str) -> None:
    with pytest.raises(NetworkError) as error:
        SoftmaxCrossEntropy("loss", params)
    assert str(error.value).startswith(f'softmax_cross_entropy "loss": {message}')


@pytest.mark.parametrize("inputs", [[(1, 1, 10), ()], [(10,), (10,)], [(), (10,)]])
def test_other_shapes_than_scores_and_labels_are_refused(inputs: list[tuple[int, ...]]) -> None:
    with pytest.raises(ShapeError, match=r'softmax_cross_entropy "loss": expected scores \(N, C\) and labels \(N,\)'):
        SoftmaxCrossEntropy("loss", {}).infer_shapes(inputs)
