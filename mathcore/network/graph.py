"""How the layers of one phase connect through blobs, and the order in which they run."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from mathcore.errors import NetworkError
from mathcore.layers.registry import layer_class
from mathcore.layers.settings import suggestion
from mathcore.network.definition import LayerDefinition, NetworkDefinition

BATCH = "batch"
"""The blob that is always there: what the data layers read."""


def execution_order(definition: NetworkDefinition, phase: str) -> tuple[LayerDefinition, ...]:
    """Return the layers of ``phase``, every one after those whose blobs it reads, else in the order of the JSON.

    Raises:
        NetworkError: if a blob is missing, written twice or computed for nobody, if layers form a cycle, or if the
            phase has no loss or (for "test") accuracy layer, or not exactly one data layer.
    """
    layers = definition.in_phase(phase)
    writers = _writers(layers, phase)
    for layer in layers:
        for blob in layer.inputs:
            if blob != BATCH and blob not in writers:
                raise _missing(definition, layer, blob, phase)
    _check_used(layers, phase)
    _check_roles(layers, phase)
    return _sorted(layers, writers)


def _writers(layers: Sequence[LayerDefinition], phase: str) -> dict[str, int]:
    """Return for each blob the index of the layer that writes it."""
    writers: dict[str, int] = {}
    for index, layer in enumerate(layers):
        for blob in layer.outputs:
            if blob == BATCH:
                raise NetworkError(
                    f'{title(layer)}: expected outputs other than "{BATCH}", which is the input; rename it'
                )
            if blob in writers:
                raise NetworkError(
                    f'{title(layer)}: expected one writer of blob "{blob}" in phase {phase}, got '
                    f'"{layers[writers[blob]].name}" and "{layer.name}"; rename an output'
                )
            writers[blob] = index
    return writers


def _missing(definition: NetworkDefinition, layer: LayerDefinition, blob: str, phase: str) -> NetworkError:
    for other in definition.layers:
        if blob in other.outputs:
            return NetworkError(
                f'{title(layer)}: expected blob "{blob}" in phase {phase}, got it from "{other.name}" in phase '
                f"{' and '.join(other.phases)} only; give both layers the same phase"
            )
    known = sorted({name for other in definition.in_phase(phase) for name in other.outputs})
    listed = ", ".join(known[:20])
    listed = f"{listed[:300]}, ..." if len(listed) > 300 or len(known) > 20 else listed
    return NetworkError(
        f'{title(layer)}: input blob "{blob}" is written by no layer; {suggestion(blob, known)}blobs: {listed}'
    )


def _check_used(layers: Sequence[LayerDefinition], phase: str) -> None:
    read = {blob for layer in layers for blob in layer.inputs}
    for layer in layers:
        for blob in layer.outputs:
            if _role(layer) == "compute" and blob not in read:
                raise NetworkError(
                    f'{title(layer)}: expected a layer that reads its output "{blob}" in phase {phase}, got none; '
                    "connect it or remove the layer"
                )


def _check_roles(layers: Sequence[LayerDefinition], phase: str) -> None:
    found = [layer.name for layer in layers if _role(layer) == "data"]
    if len(found) != 1:
        raise NetworkError(
            f"network: expected one data layer in phase {phase}, got {len(found)} {found[:4]}; "
            f"{'add one' if not found else 'keep one'}"
        )
    roles = {_role(layer) for layer in layers}
    if "loss" not in roles:
        raise NetworkError(f"network: expected a loss layer in phase {phase}, got none; add one")
    if "metric" not in roles and phase == "test":
        raise NetworkError(f"network: expected an accuracy layer in phase {phase}, got none; add one")


def _sorted(layers: Sequence[LayerDefinition], writers: dict[str, int]) -> tuple[LayerDefinition, ...]:
    """Kahn's algorithm; of the layers that could be next, the first in the JSON comes first."""
    waiting = [len(set(layer.inputs) - {BATCH}) for layer in layers]
    readers: dict[str, list[int]] = {blob: [] for blob in writers}
    for index, layer in enumerate(layers):
        for blob in set(layer.inputs) - {BATCH}:
            readers[blob].append(index)
    ready = [index for index, count in enumerate(waiting) if count == 0]
    order: list[int] = []
    while ready:
        order.append(heapq.heappop(ready))
        for blob in layers[order[-1]].outputs:
            for reader in readers[blob]:
                waiting[reader] -= 1
                if waiting[reader] == 0:
                    heapq.heappush(ready, reader)
    if len(order) < len(layers):
        raise _cycle(layers, writers, {index for index, count in enumerate(waiting) if count > 0})
    return tuple(layers[index] for index in order)


def _cycle(layers: Sequence[LayerDefinition], writers: dict[str, int], stuck: set[int]) -> NetworkError:
    """Return the error that names one cycle: walk back from a stuck layer, through stuck ones, until one repeats."""
    walk: dict[int, None] = {}
    index = min(stuck)
    while index not in walk:
        walk[index] = None
        index = next(writers[blob] for blob in layers[index].inputs if writers.get(blob) in stuck)
    path = list(walk)
    cycle = [layers[step].name for step in reversed([*path[path.index(index) :], index])]
    named = " -> ".join(f'"{name}"' for name in cycle[:8]) + (" ..." if len(cycle) > 8 else "")
    return NetworkError(
        f'layer "{cycle[0]}": expected no cycle, got {named}; a layer must not depend on its own output'
    )


def title(layer: LayerDefinition) -> str:
    """Return ``type "name"``, as messages call a layer."""
    return f'{layer.type} "{layer.name}"'


def _role(layer: LayerDefinition) -> str:
    return layer_class(layer.type, layer=layer.name).role
