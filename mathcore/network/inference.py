"""Shapes of all blobs, from the data layer on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from mathcore.errors import NetworkError, ShapeError
from mathcore.layers.layer import Layer, Shape
from mathcore.layers.shapes import with_examples
from mathcore.network.definition import LayerDefinition
from mathcore.network.graph import BATCH

MAXIMUM_SIZE = 2**31


def infer_shapes(
    layers: Mapping[str, Layer], orders: Mapping[str, Sequence[LayerDefinition]]
) -> dict[str, tuple[Shape, ...]]:
    """Return the output shapes of every layer by name, without the example axis.

    Args:
        layers: every layer by name; what their settings left open is fixed.
        orders: the layers of each phase in execution order.
    Raises:
        ShapeError: if a layer cannot take the shape of its input; names the layer that the input comes from.
        NetworkError: if an array would be too large, or a layer would see different shapes in the two phases.
    """
    inputs: dict[str, tuple[Shape, ...]] = {}
    outputs: dict[str, tuple[Shape, ...]] = {}
    for phase, order in orders.items():
        blobs: dict[str, Shape] = {BATCH: ()}
        writers = {blob: layers[entry.name] for entry in order for blob in entry.outputs}
        for entry in order:
            layer, given = layers[entry.name], tuple(blobs[blob] for blob in entry.inputs)
            if inputs.setdefault(entry.name, given) != given:
                raise NetworkError(
                    f"{layer}: expected the same input in both phases, got {_listed(inputs[entry.name])} and, in phase "
                    f"{phase}, {_listed(given)}; make the data layers and what follows them alike"
                )
            if entry.name not in outputs:
                try:
                    outputs[entry.name] = layer.infer_shapes(given)
                except ShapeError as error:
                    raise ShapeError(f"{error}{_sources(entry, blobs, writers)}") from None
                _check_sizes(layer, outputs[entry.name])
            blobs.update(zip(entry.outputs, outputs[entry.name], strict=True))
    return outputs


def _check_sizes(layer: Layer, outputs: tuple[Shape, ...]) -> None:
    parameters = [(f"parameter {name}", spec.shape) for name, spec in layer.parameter_specs().items()]
    for what, shape in [("an output", outputs[0]), *parameters]:
        if math.prod(shape) > MAXIMUM_SIZE:
            raise NetworkError(
                f"{layer}: expected arrays of at most {MAXIMUM_SIZE} elements, got {what} of shape {list(shape)}; "
                "use smaller sizes"
            )


def _sources(entry: LayerDefinition, blobs: Mapping[str, Shape], writers: Mapping[str, Layer]) -> str:
    """Return where the inputs of a layer come from, in brackets, as the end of a message."""
    known = [blob for blob in entry.inputs if blob in writers][:4]
    told = ", ".join(f'"{blob}" of {writers[blob]} is {with_examples(blobs[blob])}' for blob in known)
    return f" ({told})" if told else ""


def _listed(shapes: tuple[Shape, ...]) -> str:
    return " and ".join(str(list(shape)) for shape in shapes)
