"""Running the layers of a phase forward, and the gradient of the loss back through them.

Memory is given back as early as possible: a blob when its last reader has run, what a layer kept for its ``backward``
when that has run, a gradient when it has been passed on. Gradients of a blob that several layers read are summed in
place, wherever no other gradient lies in the same memory.

Source:
    Rumelhart, Hinton, Williams, Learning Representations by Back-propagating Errors (1986).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.fetched import Fetched
from mathcore.layers.layer import TESTING, Backward, Context, Shape
from mathcore.network.node import Node, blobs_with_gradient

Blobs = dict[str, NDArray]


class Kept(NamedTuple):
    """What is kept of a layer that has run forward: its ``backward``, and the shapes and types of its outputs."""

    backward: Backward
    outputs: tuple[tuple[Shape, np.dtype[Any]], ...]


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
) -> Fetched:
    """Return the total loss () and write its gradient; ``blobs`` holds what the data layers give.

    The loss is fetched before the way back begins: whoever reads it has time to prepare what comes after the step.

    Args:
        nodes: the layers that lead to the losses, in execution order, without the data layers.
        blobs: what the data layers give; in the end, the losses.
        parameters: (P,), as ``Network.gradient`` takes it.
        gradient: (P,), likewise. Frozen layers leave their learned arrays alone and copy their running statistics.
        context: of phase "train".
    """
    kept = run_forward(nodes, blobs, parameters, context)
    loss = gradient.backend.fetch(total_loss(nodes, blobs))
    run_backward(nodes, kept, blobs, gradient)
    for node in nodes:
        if node.layer.frozen:
            _keep_running(node, parameters, gradient)
    return loss


def run_forward(nodes: Sequence[Node], blobs: Blobs, parameters: NDArray, context: Context) -> list[Kept]:
    """Run ``nodes`` in order, and return what their ``backward`` needs.

    ``blobs`` holds what they read; outputs are added, and taken out again once their last reader has run. What is left
    are the losses, the metrics, and what nobody reads.
    """
    return [
        _run(node, finished, blobs, parameters, TESTING if _keeps_statistics(node) else context)
        for node, finished in zip(nodes, _last_read(nodes), strict=True)
    ]


def run_testing(nodes: Sequence[Node], blobs: Blobs, parameters: NDArray) -> None:
    """Run ``nodes`` in phase "test", as ``run_forward`` does, and keep nothing for a way back."""
    for node, finished in zip(nodes, _last_read(nodes), strict=True):
        _run(node, finished, blobs, parameters, TESTING)


def run_backward(nodes: Sequence[Node], kept: list[Kept], blobs: Blobs, gradient: NDArray) -> None:
    """Write the gradient of the total loss with respect to all parameters that are not frozen into ``gradient``.

    Every layer writes straight into its part of the flat vector. Where several layers read a blob, their gradients are
    summed in the reverse of execution order, which is fixed. Layers before all that learn are not asked. ``kept`` is
    emptied on the way.
    """
    backend = gradient.backend
    carrying = blobs_with_gradient(nodes)
    gradients: Blobs = {
        node.outputs[0]: backend.asarray(node.loss_weight, blobs[node.outputs[0]].dtype)
        for node in nodes
        if node.layer.role == "loss"
    }
    for node in reversed(nodes):
        last = kept.pop()
        if not carrying & set(node.outputs):
            continue
        dy = tuple(
            gradients.pop(name) if name in gradients else backend.zeros(*shape)
            for name, shape in zip(node.outputs, last.outputs, strict=True)
        )
        inputs = list(last.backward(dy, _parameter_gradients(node, gradient)))
        del dy, last
        for name in reversed(node.inputs):
            dx = inputs.pop()
            if dx is not None and name in carrying:
                _add(gradients, name, dx, inputs)


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


def _run(node: Node, finished: Iterable[str], blobs: Blobs, parameters: NDArray, context: Context) -> Kept:
    """Run one layer forward, and take out the blobs that are ``finished`` after it."""
    inputs = (blobs[name] for name in node.inputs)
    outputs, backward = node.layer.forward(node.views(parameters), *inputs, context=context)
    blobs.update(zip(node.outputs, outputs, strict=True))
    for name in finished:
        del blobs[name]
    return Kept(backward, tuple((y.shape, y.dtype) for y in outputs))


def _last_read(nodes: Sequence[Node]) -> list[list[str]]:
    """Return for each node the blobs that no later one reads, without losses and metrics."""
    seen = {name for node in nodes if node.layer.role in ("loss", "metric") for name in node.outputs}
    finished = []
    for node in reversed(nodes):
        finished.append([name for name in dict.fromkeys(node.inputs) if name not in seen])
        seen.update(node.inputs)
    return finished[::-1]


def _parameter_gradients(node: Node, gradient: NDArray) -> Mapping[str, NDArray]:
    return DroppedGradients(node, gradient) if node.layer.frozen else node.views(gradient)


def _keeps_statistics(node: Node) -> bool:
    return node.layer.frozen and any(entry.spec.running for entry in node.entries.values())


def _keep_running(node: Node, parameters: NDArray, gradient: NDArray) -> None:
    """Give the running statistics of a frozen layer as their own next values."""
    current, following = node.views(parameters), node.views(gradient)
    for name, entry in node.entries.items():
        if entry.spec.running:
            gradient.backend.copy(current[name], following[name])


def _add(gradients: Blobs, name: str, dx: NDArray, others: Sequence[NDArray | None]) -> None:
    """Add ``dx`` to the gradient of a blob, into an array of the two that no other gradient shares, if there is one."""
    if name not in gradients:
        gradients[name] = dx
        return
    total = gradients.pop(name)
    living = [*gradients.values(), *(other for other in others if other is not None)]
    share = total.backend.share_memory
    if not any(share(total, other) for other in (dx, *living)):
        _add_into(total, dx)
    elif not any(share(dx, other) for other in (total, *living)):
        _add_into(dx, total)
        total = dx
    else:
        total = total.backend.plus((total, dx))
    gradients[name] = total


def _add_into(total: NDArray, x: NDArray) -> None:
    backend, size = total.backend, (total.size,)
    backend.accumulate(backend.reshape(total, size), backend.reshape(x, size), 1.0)
