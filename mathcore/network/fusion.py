"""Nodes that can be run in one go are replaced by one of a fused layer.

    convolution_2d, relu
    convolution_2d, pooling_2d                        the first convolution and maxima of 2 x 2 windows
    batch_normalization, relu
    batch_normalization, plus of two blobs, relu      the end of a block of a residual network
    plus, relu

A blob between them is never made; so nobody else may read it. The fused node stands where the last of its layers stood,
when all that they read is there. Summary, layout and messages know the layers of the definition only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from mathcore.layers.batch_normalization import BatchNormalization
from mathcore.layers.convolution_2d import Convolution2D
from mathcore.layers.fused import ConvolutionMaxPooling, ConvolutionReLU, FusedLayer, NormalizationReLU, PlusReLU
from mathcore.layers.fused.convolution_max_pooling import can_follow
from mathcore.layers.plus import Plus
from mathcore.layers.pooling_2d import Pooling2D
from mathcore.layers.relu import ReLU
from mathcore.network.node import Node


def fused(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """Return what is to be run for ``nodes``, which are in execution order."""
    readers = Counter(name for node in nodes for name in node.inputs)
    makers = {name: node for node in nodes for name in node.outputs if readers[name] == 1}
    replaced: dict[str, Node | None] = {}  # by the name of the layer; None where its work is done in another's place
    for node in nodes:
        parts = _parts(node, makers)
        if len(parts) > 1:
            replaced.update(dict.fromkeys((part.layer.name for part in parts), None))
            replaced[node.layer.name] = _joined(parts)
    run = (replaced.get(node.layer.name, node) for node in nodes)
    return tuple(node for node in run if node is not None)


def _parts(node: Node, makers: dict[str, Node]) -> tuple[Node, ...]:
    """Return the nodes that can be run in one go with ``node``, which comes last; ``makers`` of blobs read once."""
    # Exact types: what a subclass would do, we cannot know.
    if type(node.layer) is Pooling2D and node.inputs[0] in makers:
        before = makers[node.inputs[0]]
        first = type(before.layer) is Convolution2D and can_follow(before.layer, node.layer)
        return (before, node) if first else (node,)
    if type(node.layer) is not ReLU or node.inputs[0] not in makers:
        return (node,)
    before = makers[node.inputs[0]]
    if type(before.layer) in (Convolution2D, BatchNormalization):
        return before, node
    if type(before.layer) is not Plus:
        return (node,)
    if len(before.inputs) == 2:
        for name in reversed(before.inputs):
            if name in makers and type(makers[name].layer) is BatchNormalization:
                return makers[name], before, node
    return before, node


def _joined(parts: Sequence[Node]) -> Node:
    """Return the node that does the work of ``parts``."""
    first, last = parts[0], parts[-1]
    made = {name for part in parts for name in part.outputs}
    inputs = tuple(name for part in parts for name in part.inputs if name not in made)
    return Node(layer=_layer(first, last), inputs=inputs, outputs=last.outputs, entries=first.entries)


def _layer(first: Node, last: Node) -> FusedLayer:
    if isinstance(first.layer, Convolution2D):
        pooled = isinstance(last.layer, Pooling2D)
        return ConvolutionMaxPooling(first.layer) if pooled else ConvolutionReLU(first.layer)
    if isinstance(first.layer, BatchNormalization):
        return NormalizationReLU(first.layer)
    return PlusReLU(first.layer)
