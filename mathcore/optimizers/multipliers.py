"""Factors of the learning rate and the weight decay of each array, as a table with a pair for every 256 elements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.base import Backend
from mathcore.backends.update_program import BLOCK

if TYPE_CHECKING:
    from mathcore.network.layout import Layout


@dataclass(frozen=True, eq=False)
class Multipliers:
    """The table of a layout on a device.

    Attributes:
        table: float32 (blocks, 2): ``lr_mult`` and ``decay_mult`` of each block of the learned part.
        array: the same on the device, flat.
    """

    table: np.ndarray
    array: NDArray

    @classmethod
    def of(cls, layout: Layout, backend: Backend) -> Multipliers | None:
        """Return the table of a layout, uploaded; None if every factor is 1: then nothing is to be multiplied."""
        table = np.ones((layout.learned_size // BLOCK, 2), np.float32)
        for entry in layout.entries:
            if not entry.spec.running:
                blocks = slice(entry.offset // BLOCK, -(-(entry.offset + entry.size) // BLOCK))
                table[blocks] = entry.spec.lr_mult, entry.spec.decay_mult
        if np.all(table == 1):
            return None
        return cls(table, backend.asarray(table.reshape(-1)))
