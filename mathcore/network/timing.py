"""How long each layer takes in a training step: it runs layer by layer, and the device is waited for in between."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from mathcore.array import NDArray
from mathcore.layers.layer import Arrays, Backward, Context, Layer
from mathcore.network.node import Node

Clock = Callable[[], float]


@dataclasses.dataclass
class LayerTime:
    """One layer in one step; a backward time of 0 where the gradient does not come by.

    Attributes:
        name: of the layer; of several that run in one go, the first.
        type: likewise, all of them.
        forward_seconds, backward_seconds: from an idle device to an idle device.
        forward_bytes: of inputs, parameters and outputs, each once.
        backward_bytes: of inputs, parameters and the gradients of all three, each once.
    """

    name: str
    type: str
    forward_seconds: float = 0.0
    backward_seconds: float = 0.0
    forward_bytes: int = 0
    backward_bytes: int = 0


def timed(nodes: Iterable[Node], clock: Clock) -> tuple[tuple[Node, ...], list[LayerTime]]:
    """Return nodes that do the same work and write their times into the list, in execution order.

    Args:
        nodes: in execution order.
        clock: tells seconds.
    """
    nodes = tuple(nodes)
    times = [LayerTime(node.layer.name, _type(node.layer)) for node in nodes]
    replaced = (
        dataclasses.replace(node, layer=cast(Layer, TimedLayer(node.layer, time, clock)))
        for node, time in zip(nodes, times, strict=True)
    )
    return tuple(replaced), times


class TimedLayer:
    """Stands for a layer and takes its time; all else is the layer's own."""

    def __init__(self, layer: Layer, time: LayerTime, clock: Clock) -> None:
        self._layer = layer
        self._time = time
        self._clock = clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._layer, name)

    def __str__(self) -> str:
        return str(self._layer)

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context
    ) -> tuple[Arrays, Backward]:
        """Return what the layer returns, its ``backward`` timed too."""
        start = self._now(inputs[0])
        outputs, backward = self._layer.forward(parameters, *inputs, context=context)
        self._time.forward_seconds = self._now(inputs[0]) - start
        read = _bytes(inputs) + _bytes(parameters.values())
        learned = 0 if self._layer.frozen else _bytes(parameters.values())
        self._time.forward_bytes = read + _bytes(outputs)

        def timed_backward(
            output_gradients: Arrays, gradients: Mapping[str, NDArray]
        ) -> tuple[NDArray | None, ...]:
            start = self._now(output_gradients[0])
            input_gradients = backward(output_gradients, gradients)
            self._time.backward_seconds = self._now(output_gradients[0]) - start
            self._time.backward_bytes = read + learned + _bytes(output_gradients) + _bytes(input_gradients)
            return input_gradients

        return outputs, timed_backward

    def _now(self, x: NDArray) -> float:
        x.backend.synchronize()
        return self._clock()


def _bytes(arrays: Iterable[NDArray | None]) -> int:
    return sum(x.size * x.dtype.itemsize for x in arrays if x is not None)


def _type(layer: Layer) -> str:
    """Return the type of a layer, for layers that run in one go that of the first and a plus."""
    first = getattr(layer, "first", None)
    return f"{first.type} +" if isinstance(first, Layer) else layer.type
