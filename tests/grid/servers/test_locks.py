"""Locks on files: shared by many or held by one, and gone with their holder."""

from __future__ import annotations

import os
from pathlib import Path

from grid.servers.locks import try_exclusive, try_shared


def test_many_share_a_lock_and_nobody_has_it_alone_meanwhile(tmp_path: Path) -> None:
    first, second = try_shared(tmp_path / "lock"), try_shared(tmp_path / "lock")
    assert first is not None
    assert second is not None
    assert try_exclusive(tmp_path / "lock") is None
    os.close(first)
    assert try_exclusive(tmp_path / "lock") is None
    os.close(second)
    alone = try_exclusive(tmp_path / "lock")
    assert alone is not None
    assert try_shared(tmp_path / "lock") is None
    os.close(alone)


def test_a_refused_lock_leaves_no_descriptor_open(tmp_path: Path) -> None:
    held = try_exclusive(tmp_path / "lock")
    before = len(os.listdir("/dev/fd"))
    assert try_exclusive(tmp_path / "lock") is None
    assert len(os.listdir("/dev/fd")) == before
    assert held is not None
    os.close(held)


def test_the_lock_file_is_the_owners_alone(tmp_path: Path) -> None:
    held = try_shared(tmp_path / "lock")
    assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600
    assert held is not None
    os.close(held)
