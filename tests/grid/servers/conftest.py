"""Every server program in turn, and a state folder whose processes are gone after the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.grid.processes import wait_until
from tests.grid.server_programs import server_programs
from tests.grid.servers.attaching import User, processes_in

PROGRAMS = server_programs()

StartUser = Callable[[], User]


@pytest.fixture(params=list(PROGRAMS.values()), ids=list(PROGRAMS))
def program(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture
def state_dir(tmp_path: Path) -> Iterator[Path]:
    """A folder for the servers; the test fails if it leaves a process behind."""
    path = tmp_path / "state"
    yield path
    wait_until(lambda: not processes_in(path))


@pytest.fixture
def start_user(state_dir: Path, program: Path) -> Iterator[StartUser]:
    """Return a function that starts a process that attaches."""
    users: list[User] = []

    def start() -> User:
        users.append(User(state_dir, program))
        return users[-1]

    yield start
    for user in users:
        user.kill()
