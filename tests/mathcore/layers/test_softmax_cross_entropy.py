"""The loss layer."""

from collections.abc import Callable

import numpy as np
import pytest

from mathcore import ShapeError
from mathcore.layers import Layer, SoftmaxCrossEntropy


@pytest.mark.parametrize(("examples", "classes"), [(5, 10), (1, 2), (3, 1), (7, 3)])
def test_gradients_agree_with_central_differences(
    check_gradient: Callable[[Layer, list[np.ndarray]], None], examples: int, classes: int
) -> None:
    generator = np.random.default_rng(1)
    labels = generator.integers(0, classes, examples).astype(np.int32)
    check_gradient(SoftmaxCrossEntropy("loss", {}), [generator.standard_normal((examples, classes)), labels])


@pytest.mark.parametrize("inputs", [[(1, 1, 10), ()], [(10,), (10,)], [(), (10,)]])
def test_other_shapes_than_scores_and_labels_are_refused(inputs: list[tuple[int, ...]]) -> None:
    with pytest.raises(ShapeError, match=r'softmax_cross_entropy "loss": expected scores \(N, C\) and labels \(N,\)'):
        SoftmaxCrossEntropy("loss", {}).infer_shapes(inputs)
