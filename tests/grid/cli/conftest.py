"""A shell for the tests of the commands."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.grid.cli.shell import Shell

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GRID_")}
    environment.update(
        GRID_STATE_DIR=str(tmp_path / "state"),
        GRID_CACHE_DIR=str(tmp_path / "cache"),
        GRID_BACKEND="numpy",
        PYTHONPATH=str(ROOT),
    )
    made = Shell(tmp_path, environment)
    yield made
    assert made.left_running() == []
