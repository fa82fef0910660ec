"""What a network consists of, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass

from mathcore.layers.layer import Shape


@dataclass(frozen=True)
class LayerSummary:
    """One row: a layer, the shape of its (first) output without the example axis, and what it costs.

    Attributes:
        parameters: how many it learns.
        forward_flops: floating-point operations of one example forward: two a multiply-add, nothing else counted.
    """

    name: str
    type: str
    output_shape: Shape
    parameters: int
    forward_flops: int
