"""How much memory a run takes on the blob servers at most, compared with what they have before the run begins.

    snapshots   3 of parameters and optimizer state: the last, the one before, and one being written
    log         SNAPSHOT_STEPS + LOG_KEPT + LOG_UNDER_WAY payloads
    gradients   2 S payloads: those of a step, and of the step before, which go when the next one has been sent

    buffers     S (1 + READ_AHEAD) chunks of payloads: a server counts what its connections hold as its memory, too

A payload is what the codec makes of a gradient. Late shards that are computed twice, and snapshots whose writer was
killed, come on top for a moment.
"""

from __future__ import annotations

from grid.errors import BlobsFullError
from grid.store.blobs import READ_AHEAD, Blobs
from grid.store.chunks import CHUNK_BYTES, count
from grid.store.room import MIB, usable_bytes
from grid.store.steps import LOG_KEPT, SNAPSHOT_STEPS

SNAPSHOTS = 3
LOG_UNDER_WAY = 3
"""Entries of the steps that are made while a snapshot is being written, and until the next step clears the log."""
LAST_CHUNK = 1.25
"""A server rounds a value's size up, by a quarter at most."""


def bound_bytes(*, snapshot_bytes: int, payload_bytes: int, shards: int) -> int:
    """Return the most that a run has on the blob servers at one time, in bytes.

    Args:
        snapshot_bytes: of parameters and optimizer state.
        payload_bytes: of one encoded gradient.
        shards: parts of a batch.
    """
    payloads = SNAPSHOT_STEPS + LOG_KEPT + LOG_UNDER_WAY + 2 * shards
    buffers = shards * (1 + READ_AHEAD) * min(CHUNK_BYTES, payload_bytes)
    return SNAPSHOTS * _held(snapshot_bytes) + payloads * _held(payload_bytes) + buffers


def check_fits(blobs: Blobs, bound: int) -> None:
    """Return if a run of that bound can have room, once other runs leave it.

    Raises:
        BlobsFullError: if it never can.
    """
    found = [usable_bytes(server, shares_control=blobs.shares_control) for server in blobs.servers]
    limits = [limit for limit in found if limit is not None]
    if limits and bound > min(limits) * len(blobs.servers):
        usable = min(limits) * len(blobs.servers)
        raise BlobsFullError(
            f"blob server {blobs.url}: the run needs up to {bound / MIB:.0f} MiB for snapshots, log and gradients, and "
            f"may use {usable / MIB:.0f} MiB; raise maxmemory, name more servers in GRID_BLOB_URL, or use fewer shards "
            "or a smaller codec"
        )


def _held(size_bytes: int) -> int:
    """Return what a value takes in a server's memory: full chunks, and a last one that is rounded up."""
    full = size_bytes // CHUNK_BYTES
    return full * (CHUNK_BYTES + 4096) + (count(size_bytes) - full) * int(LAST_CHUNK * (size_bytes % CHUNK_BYTES) + 512)
