"""Room on the blob servers: how a run's need is bounded, and what happens when a server is full.

A write that finds no room is taken back and tried again with growing pauses, after what nobody needs was deleted: a
step that ends, or another run that does, makes room. After some seconds it fails with the figures.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

from grid.errors import BlobsFullError
from grid.store.blob_server import BlobServer
from grid.store.blobs import Blobs

WAIT_SECONDS = 20.0
FIRST_PAUSE_SECONDS = 0.1
LARGEST_PAUSE_SECONDS = 2.0
CONTROL_SHARE = 0.25
MIB = 2**20
RANDOM = secrets.SystemRandom()


def usable_bytes(server: BlobServer, *, shares_control: bool) -> int | None:
    """Return how much of a server's memory blobs may take; ``None`` if it has no limit or does not tell.

    A control server that is full stops every worker. So where it holds blobs too, a share is kept from them.
    """
    memory = server.memory()
    if memory is None or not memory[1]:
        return None
    return int(memory[1] * (1.0 - CONTROL_SHARE)) if shares_control else memory[1]


def with_room(blobs: Blobs, size_bytes: int, write: Callable[[], None], take_back: Callable[[], None]) -> None:
    """Write, if need be after waiting for room.

    Args:
        blobs: where to.
        size_bytes: how much.
        write: may be called again after ``take_back``.
        take_back: deletes what a failed ``write`` has written.
    Raises:
        BlobsFullError: if there was no room for ``WAIT_SECONDS``; what was written is deleted.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            _keep_from_control(blobs, size_bytes)
            return write()
        except BlobsFullError as error:
            take_back()
            if time.monotonic() + pause > deadline:
                raise BlobsFullError(
                    f"{error}; {size_bytes / MIB:.1f} MiB were to be written, and no room was made in "
                    f"{WAIT_SECONDS:.0f} s"
                ) from error
        if blobs.make_room is not None:
            blobs.make_room()
        # Not all at the same time: several writers that each hold a part would keep one another out.
        time.sleep(pause * RANDOM.uniform(0.5, 1.0))
        pause = min(2 * pause, LARGEST_PAUSE_SECONDS)


def _keep_from_control(blobs: Blobs, size_bytes: int) -> None:
    """Raise if a value would take what a server needs as control server."""
    if not blobs.shares_control:
        return
    (server,) = blobs.servers
    memory, usable = server.memory(), usable_bytes(server, shares_control=True)
    if memory is not None and usable is not None and memory[0] + size_bytes > usable:
        raise BlobsFullError(
            f"blob server {server.url}: it is the control server too, and {memory[0] / MIB:.1f} MiB of the "
            f"{usable / MIB:.1f} MiB that blobs may take are used; name a server of its own in GRID_BLOB_URL"
        )
