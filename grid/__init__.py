"""Nabe's runtime and public API: ``from grid import submit, train, get_run``.

The names are loaded on first use, so that ``grid --help`` and worker start-up do not pay for what they do not need.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grid.api import Run, get_run, list_runs, list_workers, submit, train

__all__ = ["Run", "get_run", "list_runs", "list_workers", "submit", "train"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("grid.api"), name)
    raise AttributeError(f"module 'grid' has no attribute {name!r}")
