"""One layer in its place: the blobs it reads and writes, and where its parameters lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mathcore.array import NDArray
from mathcore.layers.layer import Layer
from mathcore.network.layout import LayoutEntry


@dataclass(frozen=True)
class Node:
    """A layer with its blob names, its entries of the layout by parameter name, and its factor in the total loss."""

    layer: Layer
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    entries: dict[str, LayoutEntry]
    loss_weight: float = 1.0

    @property
    def learns(self) -> bool:
        """Whether a step changes any of its arrays."""
        return bool(self.entries) and not self.layer.frozen

    def views(self, vector: NDArray) -> dict[str, NDArray]:
        """Return this layer's arrays as views of a flat vector: of parameters, or of their gradients."""
        return {name: vector.backend.view(vector, entry.offset, entry.shape) for name, entry in self.entries.items()}


def leading_to(nodes: Sequence[Node], role: str) -> tuple[Node, ...]:
    """Return the nodes of ``role`` and all whose outputs reach them, in the same order."""
    needed: set[str] = set()
    found: list[Node] = []
    for node in reversed(nodes):
        if node.layer.role == role or needed & set(node.outputs):
            found.append(node)
            needed.update(node.inputs)
    return tuple(reversed(found))


def blobs_with_gradient(nodes: Sequence[Node]) -> set[str]:
    """Return the blobs that depend on an array that is not frozen, and so carry a gradient back."""
    blobs: set[str] = set()
    for node in nodes:
        if node.learns or blobs & set(node.inputs):
            blobs.update(node.outputs)
    return blobs
