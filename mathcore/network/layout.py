"""Where each array lies in the flat parameter vector: the learned ones first, then the running statistics.

Every array starts at a multiple of 256 elements, so that a codec block never holds parts of two arrays and devices can
bind each array as an aligned part of the vector. What lies between is padding: zero, and it stays zero.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from mathcore.errors import NetworkError
from mathcore.layers.layer import ParameterSpec, Shape

ALIGNMENT = 256
MAXIMUM_SIZE = 2**31


@dataclass(frozen=True)
class LayoutEntry:
    """One array: ``name`` is ``<layer>/<parameter>``, ``offset`` counts elements."""

    name: str
    shape: Shape
    offset: int
    spec: ParameterSpec

    @property
    def size(self) -> int:
        return math.prod(self.shape)


class Layout:
    """The table of all arrays.

    Attributes:
        entries: in the order of the vector.
        size: the length of the vector, padding included; a multiple of 256.
        learned_size: the length of its first part, which the optimizer updates; likewise. The rest is running
            statistics.
        parameter_count: the number of learned parameters, without padding.
    """

    def __init__(self, specs: Iterable[tuple[str, ParameterSpec]]) -> None:
        """Lay out the learned arrays in the order given, then the running ones.

        Raises:
            NetworkError: if they are larger than a vector may be.
        """
        entries: list[LayoutEntry] = []
        offset = 0
        self.learned_size = 0
        for name, spec in sorted(specs, key=lambda item: item[1].running):
            entry = LayoutEntry(name, spec.shape, offset, spec)
            entries.append(entry)
            offset += -(-entry.size // ALIGNMENT) * ALIGNMENT
            if offset > MAXIMUM_SIZE:
                raise NetworkError(
                    f'parameters up to "{name}": expected at most {MAXIMUM_SIZE} elements, got {offset}; '
                    "use smaller layers"
                )
            if not spec.running:
                self.learned_size = offset
        self.entries = tuple(entries)
        self.size = offset
        self.parameter_count = sum(entry.size for entry in entries if not entry.spec.running)
