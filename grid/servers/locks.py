"""Locks on files that the kernel releases when their holder dies, by whatever signal.

A lock belongs to the open file: it lasts until every copy of the descriptor is closed, those of forked children
included. So it is let go by closing the descriptor, never by unlocking, which would take it from the children too.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from grid.errors import ServerError


def try_shared(path: Path) -> int | None:
    """Return a descriptor that holds ``path`` together with others, ``None`` while somebody holds it alone."""
    return _try(path, fcntl.LOCK_SH)


def try_exclusive(path: Path) -> int | None:
    """Return a descriptor that holds ``path`` alone, ``None`` while anybody else holds it."""
    return _try(path, fcntl.LOCK_EX)


def _try(path: Path, kind: int) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError as error:
        os.close(descriptor)
        raise ServerError(
            f"{path}: expected file locks, got: {error.strerror}; set GRID_STATE_DIR to a folder on a local disk"
        ) from error
    return descriptor
