"""Find the network definitions in this folder."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent


@cache
def shipped_networks() -> tuple[str, ...]:
    """Return the names of the shipped networks, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.json")))


def load_network(network: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the definition of a shipped network by name; a definition comes back as it is."""
    if isinstance(network, str):
        definition: list[dict[str, Any]] = json.loads((FOLDER / f"{network}.json").read_text(encoding="utf-8"))
        return definition
    return network
