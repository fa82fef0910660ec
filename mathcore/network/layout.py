"""Where each learned array lies in the flat parameter vector.

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
    """One learned array: ``name`` is ``<layer>/<parameter>``, ``offset`` counts elements."""

    name: str
    shape: Shape
    offset: int
    spec: ParameterSpec

    @property
    def size(self) -> int:
        return math.prod(self.shape)


class Layout:
    """The table of all learned arrays.

    Attributes:
        entries: in the order of the vector.
        size: the length of the vector, padding included; a multiple of 256.
        parameter_count: the number of parameters, without padding.
    """

    def __init__(self, specs: Iterable[tuple[str, ParameterSpec]]) -> None:
        """Lay out the arrays in the order given.

        Raises:
            NetworkError: if they are larger than a vector may be.
        """
        entries: list[LayoutEntry] = []
        offset = 0
        for name, spec in specs:
            entry = LayoutEntry(name, spec.shape, offset, spec)
            entries.append(entry)
            offset += -(-entry.size // ALIGNMENT) * ALIGNMENT
            if offset > MAXIMUM_SIZE:
                raise NetworkError(
                    f'parameters up to "{name}": expected at most {MAXIMUM_SIZE} elements, got {offset}; '
                    "use smaller layers"
                )
        self.entries = tuple(entries)
        self.size = offset
        self.parameter_count = sum(entry.size for entry in entries)
