"""What all fused layers are: known by the first of the layers that they stand for."""

from __future__ import annotations

from mathcore.layers.layer import Layer


class FusedLayer(Layer):
    """Stands for layers that follow one another; messages name the first of them, which has the parameters, if any."""

    type = "fused"

    def __init__(self, first: Layer) -> None:
        super().__init__(first.name, {})
        self.first = first
        self.needs_input_gradient = first.needs_input_gradient
        self.frozen = first.frozen

    def __str__(self) -> str:
        return str(self.first)
