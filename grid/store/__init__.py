"""The store: everything of a run that lives in Redis, and the only place that knows its keys.

Names are loaded on first use: the keeper of the embedded servers needs one small module of this package, not redis-py.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grid.store.gradients import Claim, Finished
    from grid.store.log import LogEntry
    from grid.store.records import Commit, RunHeader
    from grid.store.runs import Beginning
    from grid.store.seals import Seals
    from grid.store.steps import Gathered
    from grid.store.store import Store
    from grid.store.wire import PayloadHeader, pack, unpack

_HOMES = {
    "Beginning": "grid.store.runs",
    "Claim": "grid.store.gradients",
    "Commit": "grid.store.records",
    "Finished": "grid.store.gradients",
    "Gathered": "grid.store.steps",
    "LogEntry": "grid.store.log",
    "PayloadHeader": "grid.store.wire",
    "RunHeader": "grid.store.records",
    "Seals": "grid.store.seals",
    "Store": "grid.store.store",
    "pack": "grid.store.wire",
    "unpack": "grid.store.wire",
}

__all__ = [
    "Beginning", "Claim", "Commit", "Finished", "Gathered", "LogEntry", "PayloadHeader", "RunHeader", "Seals", "Store",
    "pack",
    "unpack",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'grid.store' has no attribute {name!r}")
