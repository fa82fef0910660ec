"""The live workers, from what they say of themselves: values of strangers, so nothing is taken to be there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from web import text

if TYPE_CHECKING:
    from web.grid_view import GridView

TEXTS = ("worker", "host", "backend", "device", "class", "run", "task", "banned")
NUMBERS = ("pid", "step", "examples_per_second", "shards_done", "since", "seen")


def live_workers(grid: GridView) -> list[dict[str, Any]]:
    """Return every live worker, sorted by name; what it did not say, or said in another type, is ``None``."""
    return sorted((_clean(info) for info in grid.workers()), key=lambda worker: worker["worker"] or "")


def activity(worker: Mapping[str, Any]) -> str:
    """Return what a worker does now."""
    task, step = worker["task"], worker["step"]
    if worker["banned"]:
        return f"banned: {worker['banned']}"
    if not task:
        return "idle"
    named = task.replace(":", text.TIED_SPACE)
    return f"step {text.thousands(step)}, {named}" if step is not None else named


def _clean(info: Mapping[str, Any]) -> dict[str, Any]:
    texts = {name: value[:200] if isinstance(value := info.get(name), str) else None for name in TEXTS}
    numbers = {name: value if _is_number(value := info.get(name)) else None for name in NUMBERS}
    return {**texts, **numbers}


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
