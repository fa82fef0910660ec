"""A value on its way from a device to the host."""

from __future__ import annotations

from typing import Protocol

import numpy as np


class Fetched(Protocol):
    """What ``Backend.fetch`` returns: a copy that was asked for at one point of the device's work."""

    def numpy(self) -> np.ndarray:
        """Wait until it is there, and no longer, and return it; of a recording, that of the last replay."""

    def item(self) -> float:
        """Return its only element, likewise."""


class FetchedArray:
    """A copy that is there already."""

    def __init__(self, values: np.ndarray) -> None:
        self._values = values

    def numpy(self) -> np.ndarray:
        return self._values

    def item(self) -> float:
        return float(self._values.item())
