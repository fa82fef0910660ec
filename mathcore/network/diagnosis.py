"""Finding the array with which a training step first went wrong: computed again, layer by layer, looked at on the host.

Slow, and only for a step whose loss is not finite.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from mathcore.array import NDArray
from mathcore.layers.layer import Context
from mathcore.network.backpropagation import Blobs
from mathcore.network.layout import Layout
from mathcore.network.node import Node


def first_not_finite(nodes: Iterable[Node], blobs: Blobs, parameters: NDArray, context: Context) -> str | None:
    """Return what is the first to hold NaN or infinity when ``nodes`` run in order, or None.

    Args:
        nodes: in execution order.
        blobs: what is fed; gets what the nodes write.
        parameters: (P,) float32.
        context: of the step.
    """
    for name, blob in blobs.items():
        if not finite(blob):
            return f'the data in blob "{name}"'
    for node in nodes:
        arrays = node.views(parameters)
        for name, array in arrays.items():
            if not finite(array):
                return f'parameter "{name}" of {node.layer}'
        outputs, _ = node.layer.forward(arrays, *(blobs[name] for name in node.inputs), context=context)
        if not all(finite(output) for output in outputs):
            return f"the output of {node.layer}"
        blobs.update(zip(node.outputs, outputs, strict=True))
    return None


def first_gradient_not_finite(gradient: NDArray, layout: Layout) -> str | None:
    """Return the name of the first array, the way back from the loss, whose gradient holds NaN or infinity, or None.

    Args:
        gradient: (P,) or its learned part (L,), float32.
        layout: of the vector.
    """
    values = gradient.numpy()
    for entry in reversed(layout.entries):
        if not np.isfinite(values[entry.offset : entry.offset + entry.size]).all():
            return entry.name
    return None


def finite(x: NDArray) -> bool:
    """Return whether ``x`` holds neither NaN nor infinity."""
    return bool(np.isfinite(x.numpy()).all())
