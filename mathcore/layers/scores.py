"""What layers that compare class scores with labels share when they infer shapes."""

from __future__ import annotations

from collections.abc import Sequence

from mathcore.errors import ShapeError
from mathcore.layers.layer import Layer, Shape
from mathcore.layers.shapes import with_examples


def check_scores(layer: Layer, inputs: Sequence[Shape]) -> None:
    """Raise ShapeError unless the inputs are scores (C,) and labels ()."""
    scores, labels = inputs
    if len(scores) != 1 or labels != ():
        raise ShapeError(
            f"{layer}: expected scores (N, C) and labels (N,), got {with_examples(scores)} and "
            f"{with_examples(labels)}; put a linear layer before it and give the label blob second"
        )
