"""Nodes that can be run in one go are replaced by one of a fused layer.

    convolution_2d, relu
    convolution_2d, pooling_2d                        the first convolution and maxima of 2 x 2 windows
    batch_normalization, relu
    batch_normalization, relu, convolution_2d         inside a block of a residual network
    batch_normalization, plus of two blobs, relu      at its end
    plus, relu

A blob between them is never made, or not kept; so nobody else may read it. The fused node stands where the last of its
layers stood, when all that they read is there. Summary, layout and messages know the layers of the definition only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from mathcore.layers.batch_normalization import BatchNormalization
from mathcore.layers.convolution_2d import Convolution2D
from mathcore.layers.fused import (
    ConvolutionMaxPooling,
    ConvolutionReLU,
    FusedLayer,
    NormalizationReLU,
    NormalizedConvolution,
    PlusReLU,
)
from mathcore.layers.fused.convolution_max_pooling import can_follow
from mathcore.layers.plus import Plus
from mathcore.layers.pooling_2d import Pooling2D
from mathcore.layers.relu import ReLU
from mathcore.network.node import Node

Makers = dict[str, Node]
"""The node that makes a blob, for each blob that is read once."""


def fused(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """Return what is to be run for ``nodes``, which are in execution order."""
    for parts_of in (_ending_in_relu, _ending_in_convolution, _ending_in_pooling):
        nodes = _replaced(nodes, parts_of)
    return tuple(nodes)


def _replaced(nodes: Sequence[Node], parts_of: Callable[[Node, Makers], tuple[Node, ...]]) -> tuple[Node, ...]:
    """Return the nodes with one in place of those that ``parts_of`` finds, the node given and some before it."""
    readers = Counter(name for node in nodes for name in node.inputs)
    makers = {name: node for node in nodes for name in node.outputs if readers[name] == 1}
    replaced: dict[int, Node | None] = {}  # by place; None where the work is done in another's place
    places = {node.outputs: place for place, node in enumerate(nodes)}
    for place, node in enumerate(nodes):
        parts = parts_of(node, makers)
        if len(parts) > 1:
            replaced.update({places[part.outputs]: None for part in parts})
            replaced[place] = _joined(parts)
    run = (replaced.get(place, node) for place, node in enumerate(nodes))
    return tuple(node for node in run if node is not None)


def _ending_in_relu(node: Node, makers: Makers) -> tuple[Node, ...]:
    # Exact types: what a subclass would do, we cannot know.
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


def _ending_in_pooling(node: Node, makers: Makers) -> tuple[Node, ...]:
    if type(node.layer) is not Pooling2D or node.inputs[0] not in makers:
        return (node,)
    before = makers[node.inputs[0]]
    return (before, node) if type(before.layer) is Convolution2D and can_follow(before.layer, node.layer) else (node,)


def _ending_in_convolution(node: Node, makers: Makers) -> tuple[Node, ...]:
    if type(node.layer) is not Convolution2D or node.inputs[0] not in makers:
        return (node,)
    before = makers[node.inputs[0]]
    if type(before.layer) is NormalizationReLU and len(before.inputs) == 1:
        return (before, node) if before.layer.frozen == node.layer.frozen else (node,)
    return (node,)


def _joined(parts: Sequence[Node]) -> Node:
    """Return the node that does the work of ``parts``."""
    made = {name for part in parts for name in part.outputs}
    return Node(
        layer=_layer(parts),
        inputs=tuple(name for part in parts for name in part.inputs if name not in made),
        outputs=parts[-1].outputs,
        entries={name: entry for part in parts for name, entry in part.entries.items()},
    )


def _layer(parts: Sequence[Node]) -> FusedLayer:
    first, last = parts[0].layer, parts[-1].layer
    if isinstance(first, NormalizationReLU) and isinstance(last, Convolution2D):
        return NormalizedConvolution(first.normalization, last)
    if isinstance(first, Convolution2D):
        return ConvolutionMaxPooling(first) if isinstance(last, Pooling2D) else ConvolutionReLU(first)
    if isinstance(first, BatchNormalization):
        return NormalizationReLU(first)
    return PlusReLU(first)
