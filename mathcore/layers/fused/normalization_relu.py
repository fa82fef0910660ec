"""Batch normalization, the addition of another blob if there is one, and the rectifier."""

from __future__ import annotations

from collections.abc import Mapping

from mathcore.array import NDArray
from mathcore.layers.batch_normalization import BatchNormalization
from mathcore.layers.fused.fused_layer import FusedLayer
from mathcore.layers.layer import TESTING, Arrays, Backward, Context


class NormalizationReLU(FusedLayer):
    """max(normalized x + addend, 0): the end of a block of a residual network; or without an addend.

    Forward in one pass over x after that for its statistics. Backward recomputes where the rectifier let x through, so
    that without an addend only x is kept. The same bits as the layers one by one.
    """

    def __init__(self, normalization: BatchNormalization) -> None:
        super().__init__(normalization)
        self.normalization = normalization

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        """Return ``y`` of ``x`` (N, ..., C) and, if there is one, the addend of the same shape; and ``backward``."""
        return self.normalization.run(parameters, *inputs, context=context, activation="relu")
