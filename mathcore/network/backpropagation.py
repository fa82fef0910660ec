"""Running the layers of a phase forward, and the gradient of the loss back through them.

Source:
    Rumelhart, Hinton, Williams, Learning Representations by Back-propagating Errors (1986).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mathcore.array import NDArray
from mathcore.layers.layer import TESTING, Backward, Context
from mathcore.network.node import Node, blobs_with_gradient

Blobs = dict[str, NDArray]


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


def loss_and_gradient(
    nodes: Sequence[Node], blobs: Blobs, parameters: NDArray, gradient: NDArray, *, context: Context
) -> NDArray:
    """Return the total loss () and write its gradient; ``blobs`` holds what the data layers give.

    Args:
        nodes: the layers that lead to the losses, in execution order, without the data layers.
        blobs: grows by all that the layers compute.
        parameters: (P,), as ``Network.gradient`` takes it.
        gradient: (P,), likewise. Frozen layers leave their learned arrays alone and copy their running statistics.
        context: of phase "train".
    """
    backwards = run_forward(nodes, blobs, parameters, context)
    run_backward(nodes, backwards, blobs, gradient)
    for node in nodes:
        if node.layer.frozen:
            _keep_running(node, parameters, gradient)
    return total_loss(nodes, blobs)


def run_forward(nodes: Iterable[Node], blobs: Blobs, parameters: NDArray, context: Context) -> list[Backward]:
    """Run ``nodes`` in order, add what they write to ``blobs``, and return the ``backward`` of each."""
    backwards: list[Backward] = []
    for node in nodes:
        inputs = (blobs[name] for name in node.inputs)
        outputs, backward = node.layer.forward(
            node.views(parameters), *inputs, context=TESTING if _keeps_statistics(node) else context
        )
        blobs.update(zip(node.outputs, outputs, strict=True))
        backwards.append(backward)
    return backwards


def run_backward(nodes: Sequence[Node], backwards: Sequence[Backward], blobs: Blobs, gradient: NDArray) -> None:
    """Write the gradient of the total loss with respect to all parameters that are not frozen into ``gradient``.

    Every layer writes straight into its part of the flat vector. Where several layers read a blob, their gradients are
    summed in the reverse of execution order, which is fixed. Layers before all that learn are not asked.
    """
    backend = gradient.backend
    carrying = blobs_with_gradient(nodes)
    gradients: Blobs = {
        node.outputs[0]: backend.asarray(node.loss_weight, blobs[node.outputs[0]].dtype)
        for node in nodes
        if node.layer.role == "loss"
    }
    for node, backward in zip(reversed(nodes), reversed(backwards), strict=True):
        if not carrying & set(node.outputs):
            continue
        dy = tuple(_pop(gradients, name, blobs[name]) for name in node.outputs)
        parameter_gradients = DroppedGradients(node, gradient) if node.layer.frozen else node.views(gradient)
        for name, dx in zip(node.inputs, backward(dy, parameter_gradients), strict=True):
            if dx is not None and name in carrying:
                gradients[name] = gradients[name] + dx if name in gradients else dx


def total_loss(nodes: Iterable[Node], blobs: Blobs) -> NDArray:
    """Return the sum of the losses (), each times its weight, in execution order."""
    losses = [
        blobs[node.outputs[0]] if node.loss_weight == 1 else blobs[node.outputs[0]] * node.loss_weight
        for node in nodes
        if node.layer.role == "loss"
    ]
    total = losses[0]
    for loss in losses[1:]:
        total = total + loss
    return total


def _keeps_statistics(node: Node) -> bool:
    return node.layer.frozen and any(entry.spec.running for entry in node.entries.values())


def _keep_running(node: Node, parameters: NDArray, gradient: NDArray) -> None:
    """Give the running statistics of a frozen layer as their own next values."""
    current, following = node.views(parameters), node.views(gradient)
    for name, entry in node.entries.items():
        if entry.spec.running:
            gradient.backend.copy(current[name], following[name])


def _pop(gradients: Blobs, name: str, blob: NDArray) -> NDArray:
    """Return the gradient of a blob; zeros for an output that the loss does not depend on."""
    if name in gradients:
        return gradients.pop(name)
    return blob.backend.zeros(blob.shape, blob.dtype)
