"""A network: layers connected by blobs, with all parameters in one flat vector."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.fetched import Fetched
from mathcore.errors import DTypeError, NetworkError, ShapeError
from mathcore.layers.blob_data import BlobData
from mathcore.layers.layer import Context, Layer
from mathcore.layers.registry import create_layer
from mathcore.network import diagnosis, timing
from mathcore.network.backpropagation import Blobs, loss_and_gradient, run_testing, total_loss
from mathcore.network.definition import PHASES, LayerDefinition, parse
from mathcore.network.evaluation import Evaluation
from mathcore.network.fillers import fill, fill_into
from mathcore.network.fusion import fused
from mathcore.network.graph import execution_order
from mathcore.network.inference import infer_shapes
from mathcore.network.layout import Layout, LayoutEntry
from mathcore.network.node import Node, blobs_with_gradient, leading_to
from mathcore.network.summary import NetworkSummary, summarize
from mathcore.network.timing import LayerTime

MAXIMUM_LABEL = 2**31 - 1


class Network:
    """The graph of layers that a JSON definition describes. It holds no arrays: parameters come in with every call.

    Attributes:
        layout: where each learned array lies in the flat parameter vector.
        data_shape: the shape of one example, the same in both phases.
        classes: every label must be below it: the fewest scores of an example that a loss or accuracy layer compares
            with the labels.
    """

    def __init__(self, definition: object) -> None:
        """Build the network of parsed JSON.

        Raises:
            NetworkError, ShapeError: if the definition cannot be used; one line that names the layer, what was
                expected, what came and what to do.
        """
        parsed = parse(definition)
        layers = {entry.name: create_layer(entry.type, entry.name, entry.params) for entry in parsed.layers}
        for entry in parsed.layers:
            layers[entry.name].frozen = entry.options.frozen
        orders = {phase: execution_order(parsed, phase) for phase in PHASES}
        self._output_shapes = infer_shapes(layers, orders)
        self.layout = Layout(
            (f"{entry.name}/{parameter}", spec)
            for entry in parsed.layers
            for parameter, spec in entry.options.specs(layers[entry.name]).items()
        )
        self._nodes = {phase: self._place(order, layers) for phase, order in orders.items()}
        self._training = leading_to(self._nodes["train"], "loss")
        self.data_shape = self._data_shape()
        self.classes = self._classes()
        self._check_trained()
        self._mark_gradients()
        self._run = {"train": fused(_computing(self._training)), "test": fused(_computing(self._nodes["test"]))}

    def data_layer(self, phase: str) -> BlobData:
        """Return the data layer of ``"train"`` or ``"test"``."""
        layer = self._node(phase, "data").layer
        if not isinstance(layer, BlobData):
            raise NetworkError(f"{layer}: expected a data layer of type blob_data, got {layer.type}")
        return layer

    def initialize(self, seed: int) -> np.ndarray:
        """Return initial parameters, float32 (layout.size,): the same for a seed on every machine."""
        parameters = np.zeros(self.layout.size, np.float32)
        for place, entry in enumerate(self.layout.entries):
            values = parameters[entry.offset : entry.offset + entry.size]
            fill_into(values, entry.spec, seed=seed, place=place)
        return parameters

    def initial_arrays(self, seed: int) -> Iterator[tuple[LayoutEntry, np.ndarray]]:
        """Yield the initial values of every array, one at a time: a whole vector may be large."""
        for place, entry in enumerate(self.layout.entries):
            yield entry, fill(entry.spec, seed=seed, place=place)

    def gradient(
        self, parameters: NDArray, data: NDArray, labels: NDArray, gradient: NDArray, *, key: NDArray | None = None
    ) -> Fetched:
        """Return the mean loss of the examples, of several the total, and overwrite ``gradient`` with its gradient.

        Args:
            parameters: (layout.size,) float32; its backend does the work.
            data: (N, *data_shape) float32, N at least 1.
            labels: (N,) int32.
            gradient: (layout.size,) float32. Its padding and frozen arrays are not written: make it with zeros.
                In the places of running statistics it gets their next values.
            key: what the random numbers of layers such as dropout follow from (``Context.key``); None: they are
                left out.
        Returns:
            The loss, shape (), on its way to the host: ``item`` waits for the forward pass only.
        Raises:
            ShapeError, DTypeError: if one of the arrays does not fit.
        """
        self._check_vector("parameters", parameters)
        self._check_vector("gradient", gradient)
        blobs = self._feed("train", data, labels)
        return loss_and_gradient(self._run["train"], blobs, parameters, gradient, context=Context("train", key))

    def evaluate(self, parameters: NDArray, data: NDArray, labels: NDArray) -> Evaluation:
        """Return mean loss and right answers of the layers of phase "test" on some examples (as for ``gradient``).

        Raises:
            ShapeError, DTypeError: if one of the arrays does not fit.
        """
        self._check_vector("parameters", parameters)
        blobs = self._feed("test", data, labels)
        run_testing(self._run["test"], blobs, parameters)
        losses, metrics = self._results(blobs, "loss"), self._results(blobs, "metric")
        return Evaluation(
            loss=float(total_loss(self._nodes["test"], blobs).item()),
            correct=int(next(iter(metrics.values()))),
            examples=data.shape[0],
            losses=losses,
            metrics=metrics,
        )

    def first_not_finite(
        self, parameters: NDArray, data: NDArray, labels: NDArray, *, key: NDArray | None = None
    ) -> str | None:
        """Return what is the first in a training step to hold NaN or infinity, such as ``the output of relu "r1"``.

        None if nothing up to the loss does. Arguments as for ``gradient``.
        """
        nodes = [node for node in self._training if node.layer.role != "data"]
        blobs = self._feed("train", data, labels)
        return diagnosis.first_not_finite(nodes, blobs, parameters, Context("train", key))

    def timed_gradient(
        self, parameters: NDArray, data: NDArray, labels: NDArray, gradient: NDArray,
        *, clock: Callable[[], float], key: NDArray | None = None,
    ) -> list[LayerTime]:
        """Do what ``gradient`` does and return the time of each layer, in execution order; ``clock`` tells seconds."""
        nodes, times = timing.timed(self._run["train"], clock)
        blobs = self._feed("train", data, labels)
        loss_and_gradient(nodes, blobs, parameters, gradient, context=Context("train", key))
        return times

    def summary(self, batch_size: int = 1) -> NetworkSummary:
        """Return one row a layer, in execution order, layers of phase "test" alone last, and totals."""
        nodes = {node.layer.name: node for phase in PHASES for node in self._nodes[phase]}
        trained = {node.layer.name for node in self._training}
        rows = (
            summarize(node, self._output_shapes[name], trained=name in trained, batch_size=batch_size)
            for name, node in nodes.items()
        )
        return NetworkSummary(tuple(rows), batch_size)

    def _place(self, order: Sequence[LayerDefinition], layers: dict[str, Layer]) -> tuple[Node, ...]:
        entries = {entry.name: entry for entry in self.layout.entries}
        return tuple(
            Node(
                layer=layers[definition.name],
                inputs=definition.inputs,
                outputs=definition.outputs,
                entries={
                    parameter: entries[f"{definition.name}/{parameter}"]
                    for parameter in layers[definition.name].parameter_specs()
                },
                loss_weight=definition.options.loss_weight,
            )
            for definition in order
        )

    def _results(self, blobs: Blobs, role: str) -> dict[str, float]:
        """Return what the layers of ``role`` in phase test have computed, by name."""
        return {
            node.layer.name: blobs[node.outputs[0]].item() for node in self._nodes["test"] if node.layer.role == role
        }

    def _node(self, phase: str, role: str) -> Node:
        if phase not in PHASES:
            raise NetworkError(f"expected phase {' or '.join(PHASES)}, got {phase!r}")
        return next(node for node in self._nodes[phase] if node.layer.role == role)

    def _data_shape(self) -> tuple[int, ...]:
        train, test = (self.data_layer(phase) for phase in PHASES)
        if train.data_shape != test.data_shape:
            raise NetworkError(
                f"{test}: expected data_shape {list(train.data_shape)} as in {train}, got {list(test.data_shape)}; "
                "make them equal"
            )
        return train.data_shape

    def _classes(self) -> int:
        """Return the least last axis of the blobs that are compared with the labels; without one, any label fits."""
        shapes = {
            blob: shape
            for node in self._nodes["train"]
            for blob, shape in zip(node.outputs, self._output_shapes[node.layer.name], strict=True)
        }
        _, labels = self._node("train", "data").outputs
        compared = [
            shapes[blob][-1]
            for node in self._nodes["train"]
            if node.layer.role in ("loss", "metric") and labels in node.inputs
            for blob in node.inputs
            if blob != labels and shapes[blob]
        ]
        return min(compared, default=MAXIMUM_LABEL + 1)

    def _check_trained(self) -> None:
        """Refuse parameters that no training step would change."""
        trained = {node.layer.name for node in self._training}
        for phase in PHASES:
            for node in self._nodes[phase]:
                if node.entries and node.layer.name not in trained:
                    raise NetworkError(
                        f"{node.layer}: expected every layer with parameters to lead to the loss in phase train, "
                        "got one that does not; connect it or remove it"
                    )

    def _mark_gradients(self) -> None:
        """Spare layers before all parameters, and the first with parameters, a gradient that nobody would read."""
        carrying = blobs_with_gradient(self._training)
        for node in self._training:
            node.layer.needs_input_gradient = bool(carrying & set(node.inputs))

    def _feed(self, phase: str, data: NDArray, labels: NDArray) -> Blobs:
        count = data.shape[0] if data.shape else 0
        if count < 1 or data.shape[1:] != self.data_shape:
            expected = ", ".join(["N", *(str(length) for length in self.data_shape)])
            raise ShapeError(f"network: expected data of shape ({expected}) with N at least 1, got {data.shape}")
        if labels.shape != (count,):
            raise ShapeError(f"network: expected labels of shape ({count},), one an example, got {labels.shape}")
        if labels.dtype != np.int32:
            raise DTypeError(f"network: expected labels of int32, got {labels.dtype}; convert them with asarray")
        data_blob, label_blob = self._node(phase, "data").outputs
        return {data_blob: data, label_blob: labels}

    def _check_vector(self, name: str, vector: NDArray) -> None:
        if vector.shape != (self.layout.size,):
            raise ShapeError(
                f"network: expected {name} of shape ({self.layout.size},), got {vector.shape}; make it with layout.size"
            )


def _computing(nodes: Sequence[Node]) -> tuple[Node, ...]:
    return tuple(node for node in nodes if node.layer.role != "data")
