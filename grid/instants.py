"""Named instants of a step, for whoever wants to watch: nobody does in production.

A test or a measurement adds an observer, from a module that ``GRID_PLUGINS`` names, and may slow the process down there
or kill it. In the order of a step:

    gradient task     received, claimed, current, computed, encoded, stored, committed, returned
    apply task        received, applying, gathered, updated, logged, published, sent, cleared, snapshot
"""

from __future__ import annotations

from collections.abc import Callable

observers: list[Callable[[str], None]] = []


def reach(name: str) -> None:
    """Tell the observers that the process has come to the instant ``name``."""
    for observer in observers:
        observer(name)
