"""What a network consists of and costs, layer by layer.

Operations count multiplications and additions of convolutions and matrix products, two a multiply-add, and nothing
else. Both gradients of such a layer take as many as its forward pass; a gradient that training leaves out costs none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mathcore.layers.layer import Shape
from mathcore.network.node import Node

ELEMENT_BYTES = 4
MEBIBYTE = 2**20


@dataclass(frozen=True)
class LayerSummary:
    """One row: a layer, the shape of its (first) output without the example axis, and what it costs.

    Attributes:
        parameters: how many it learns, frozen ones included.
        running: how many running statistics it keeps.
        forward_flops: floating-point operations of one example forward.
        data_gradient_flops: of one example in training; 0 where no array that learns lies before the layer.
        weight_gradient_flops: likewise; 0 for a frozen layer.
        activation_bytes: of all its outputs for the batch in training, float32; 0 for a layer that training leaves out.
    """

    name: str
    type: str
    output_shape: Shape
    parameters: int
    forward_flops: int
    running: int = 0
    data_gradient_flops: int = 0
    weight_gradient_flops: int = 0
    activation_bytes: int = 0

    @property
    def training_flops(self) -> int:
        """Operations of one example in a training step; 0 for a layer that training leaves out."""
        forward = self.forward_flops if self.activation_bytes else 0
        return forward + self.data_gradient_flops + self.weight_gradient_flops


@dataclass(frozen=True)
class NetworkSummary:
    """All rows, in execution order, layers of phase "test" alone last; and their totals.

    Attributes:
        rows: one a layer.
        batch_size: the number of examples that ``activation_bytes`` is for.
    """

    rows: tuple[LayerSummary, ...]
    batch_size: int

    def __iter__(self) -> Iterator[LayerSummary]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __str__(self) -> str:
        """Return a table of the rows and the totals under it."""
        header = ("layer", "type", "output", "parameters", "forward MFLOP", "training MFLOP", "activations MiB")
        body = [_cells(row) for row in self.rows]
        total = (
            "total", "", "", f"{self.parameters:,}", _mega(self.forward_flops), _mega(self.training_flops),
            _mebi(self.activation_bytes),
        )  # fmt: skip
        memory = (
            f"parameters {_mebi(self.parameter_bytes)} MiB; activations of a batch of {self.batch_size}, if all were "
            f"kept, {_mebi(self.activation_bytes)} MiB; operations are of one example"
        )
        return f"{_table([header, *body, total])}\n{memory}"

    @property
    def parameters(self) -> int:
        """Learned parameters, frozen ones included."""
        return sum(row.parameters for row in self.rows)

    @property
    def parameter_bytes(self) -> int:
        """Bytes of learned parameters and running statistics, float32; gradient and optimizer state come on top."""
        return ELEMENT_BYTES * sum(row.parameters + row.running for row in self.rows)

    @property
    def forward_flops(self) -> int:
        """Operations of one example forward."""
        return sum(row.forward_flops for row in self.rows)

    @property
    def training_flops(self) -> int:
        """Operations of one example in a training step: forward, data gradients and weight gradients."""
        return sum(row.training_flops for row in self.rows)

    @property
    def activation_bytes(self) -> int:
        """Bytes of all outputs of a batch in training."""
        return sum(row.activation_bytes for row in self.rows)

    def record(self) -> dict[str, Any]:
        """Return totals and rows as an object for JSON."""
        names = ("batch_size", "parameters", "parameter_bytes", "forward_flops", "training_flops", "activation_bytes")
        rows = [{**asdict(row), "training_flops": row.training_flops} for row in self.rows]
        return {**{name: getattr(self, name) for name in names}, "layers": rows}


def summarize(node: Node, shapes: Sequence[Shape], *, trained: bool, batch_size: int) -> LayerSummary:
    """Return the row of a node.

    Args:
        node: the layer in its place.
        shapes: of its outputs, without the example axis.
        trained: whether it takes part in training.
        batch_size: the number of examples that the memory is for.
    """
    flops = node.layer.forward_flops()
    sizes = dict.fromkeys((False, True), 0)
    for entry in node.entries.values():
        sizes[entry.spec.running] += entry.size
    return LayerSummary(
        name=node.layer.name,
        type=node.layer.type,
        output_shape=shapes[0],
        parameters=sizes[False],
        forward_flops=flops,
        running=sizes[True],
        data_gradient_flops=flops if trained and node.layer.needs_input_gradient else 0,
        weight_gradient_flops=flops if trained and node.learns else 0,
        activation_bytes=ELEMENT_BYTES * batch_size * sum(math.prod(shape) for shape in shapes) if trained else 0,
    )


def _cells(row: LayerSummary) -> tuple[str, ...]:
    shape = " x ".join(str(length) for length in row.output_shape) or "1"
    flops = (_mega(row.forward_flops), _mega(row.training_flops)) if row.forward_flops else ("", "")
    parameters = f"{row.parameters:,}" if row.parameters else ""
    return row.name, row.type, shape, parameters, *flops, _mebi(row.activation_bytes)


def _table(rows: list[tuple[str, ...]]) -> str:
    """Return columns, the first three flush left and the others flush right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column < 3 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _mega(operations: int) -> str:
    return f"{operations / 1e6:,.1f}"


def _mebi(count: int) -> str:
    return f"{count / MEBIBYTE:,.1f}"
