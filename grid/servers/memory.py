"""How much memory the blob server may fill: half of what this machine, or this container, has."""

from __future__ import annotations

import os
from pathlib import Path

SHARE = 0.5
CONTAINER_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def blob_memory_bytes() -> int:
    """Return the blob server's limit in bytes."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return int(SHARE * min([total, *_container_limits()]))


def _container_limits() -> list[int]:
    texts = [path.read_text().strip() for path in CONTAINER_LIMITS if path.exists()]
    return [int(text) for text in texts if text.isdecimal()]
