"""Whether this worker has been asked to stop; what one process of a pool learns, all of them know."""

from __future__ import annotations

import mmap

_flag = mmap.mmap(-1, 1)  # anonymous memory, which the children of a pool share with their parent


def ask() -> None:
    """Ask all processes of this worker to leave once they have done what they are at."""
    _flag[0] = 1


def asked() -> bool:
    """Return whether they have been asked."""
    return _flag[0] != 0
