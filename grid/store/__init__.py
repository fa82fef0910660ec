"""The store: everything of a run that lives in Redis, and the only place that knows its keys.

Names are loaded on first use: the keeper of the embedded servers needs one small module of this package, not redis-py.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grid.store.records import Commit, RunHeader
    from grid.store.store import Store
    from grid.store.wire import PayloadHeader, pack, unpack

_HOMES = {
    "Commit": "grid.store.records",
    "PayloadHeader": "grid.store.wire",
    "RunHeader": "grid.store.records",
    "Store": "grid.store.store",
    "pack": "grid.store.wire",
    "unpack": "grid.store.wire",
}

__all__ = ["Commit", "PayloadHeader", "RunHeader", "Store", "pack", "unpack"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'grid.store' has no attribute {name!r}")
