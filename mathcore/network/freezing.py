"""What training does differently for a frozen layer: gradients are dropped, running statistics are used and stay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mathcore.array import NDArray
from mathcore.network.node import Node


class DroppedGradients(Mapping[str, NDArray]):
    """What a frozen layer writes its gradients into: new arrays that nobody reads, made only when asked for."""

    def __init__(self, node: Node, gradient: NDArray) -> None:
        self._entries = node.entries
        self._gradient = gradient

    def __getitem__(self, name: str) -> NDArray:
        return self._gradient.backend.zeros(self._entries[name].shape, self._gradient.dtype)

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def keeps_statistics(node: Node) -> bool:
    """Return whether a node has running statistics that stay as they are; it then runs as in phase "test"."""
    return node.layer.frozen and any(entry.spec.running for entry in node.entries.values())


def keep_running(node: Node, parameters: NDArray, gradient: NDArray) -> None:
    """Give the running statistics of a node as their own next values."""
    current, following = node.views(parameters), node.views(gradient)
    for name, entry in node.entries.items():
        if entry.spec.running:
            gradient.backend.copy(current[name], following[name])
