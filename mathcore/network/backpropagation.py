"""Running the layers of a phase forward, and the gradient of the loss back through them.

Source:
    Rumelhart, Hinton, Williams, Learning Representations by Back-propagating Errors (1986).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mathcore.array import NDArray
from mathcore.layers.layer import Backward, Context
from mathcore.network.node import Node, blobs_with_gradient

Blobs = dict[str, NDArray]


def run_forward(nodes: Iterable[Node], blobs: Blobs, parameters: NDArray, context: Context) -> list[Backward]:
    """Run ``nodes`` in order, add what they write to ``blobs``, and return the ``backward`` of each."""
    backwards: list[Backward] = []
    for node in nodes:
        inputs = (blobs[name] for name in node.inputs)
        outputs, backward = node.layer.forward(node.views(parameters), *inputs, context=context)
        blobs.update(zip(node.outputs, outputs, strict=True))
        backwards.append(backward)
    return backwards


def run_backward(nodes: Sequence[Node], backwards: Sequence[Backward], blobs: Blobs, gradient: NDArray) -> None:
    """Write the gradient of the loss, the output of the last node, with respect to all parameters into ``gradient``.

    Every layer writes straight into its part of the flat vector. Where several layers read a blob, their gradients are
    summed in the reverse of execution order, which is fixed.
    """
    (loss,) = nodes[-1].outputs
    backend = gradient.backend
    carrying = blobs_with_gradient(nodes)
    gradients: Blobs = {loss: backend.asarray(1.0, blobs[loss].dtype)}
    for node, backward in zip(reversed(nodes), reversed(backwards), strict=True):
        if not carrying & set(node.outputs):
            continue
        dy = tuple(_pop(gradients, name, blobs[name]) for name in node.outputs)
        for name, dx in zip(node.inputs, backward(dy, node.views(gradient)), strict=True):
            if dx is not None and name in carrying:
                gradients[name] = gradients[name] + dx if name in gradients else dx


def _pop(gradients: Blobs, name: str, blob: NDArray) -> NDArray:
    """Return the gradient of a blob; zeros for an output that the loss does not depend on."""
    if name in gradients:
        return gradients.pop(name)
    return blob.backend.zeros(blob.shape, blob.dtype)
