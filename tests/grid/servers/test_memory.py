"""The blob server's share of memory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grid.servers import memory
from grid.servers.memory import blob_memory_bytes

TOTAL = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize(("text", "expected"), [
    ("max\n", TOTAL // 2), (f"{2**29}\n", 2**28), (f"{2**63 - 4096}\n", TOTAL // 2),
])
def test_the_limit_is_half_of_what_machine_or_container_has(
    text: str, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "memory.max").write_text(text)
    monkeypatch.setattr(memory, "CONTAINER_LIMITS", (tmp_path / "memory.max", tmp_path / "absent"))
    assert blob_memory_bytes() == expected
