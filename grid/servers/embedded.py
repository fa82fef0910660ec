"""Joins the embedded servers of this user, and starts them if they are not running.

A user is a process that holds the shared users' lock. The last one to let go of it, by whatever end, makes the keeper
stop the servers.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from pathlib import Path

from grid.errors import ServerError
from grid.periodic import PeriodicThread
from grid.servers import locks
from grid.servers.binary import find_binary
from grid.servers.folder import Address, Folder, open_folder
from grid.servers.process import START_SECONDS, answers
from grid.settings import child_environment

POLL_SECONDS = 0.02
GUARD_SECONDS = 0.25
DEADLINE_SECONDS = START_SECONDS + 10


class Servers:
    """The embedded servers in use by this process.

    Attributes:
        control_url: URL of the control server, password included.
        blob_url: URL of the blob server, password included.
        secret: what workers seal their results with.
    """

    def __init__(self, address: Address, folder: Folder, users_lock: int) -> None:
        self.control_url = address.control_url
        self.blob_url = address.blob_url
        self.secret = folder.secret()
        self._folder = folder
        self._users_lock: int | None = users_lock
        self._guard: PeriodicThread | None = None

    def guard(self, server_binary: str | Path | None = None) -> None:
        """Start a new keeper, from a thread of this process, should the keeper be killed.

        The new one takes the same ports and the same password. Not to be called before a fork.
        """
        if self._guard is None:
            self._guard = PeriodicThread(
                "servers", GUARD_SECONDS, lambda: _replace_keeper(self._folder, server_binary)
            )

    def close(self) -> None:
        """Let go of the servers; they stop when no other process, forked children included, uses them."""
        if self._guard is not None:
            self._guard.stop()
            self._guard = None
        if self._users_lock is not None:
            os.close(self._users_lock)
            self._users_lock = None


def attach(state_dir: Path, server_binary: str | Path | None = None) -> Servers:
    """Join the servers of ``state_dir``, started if they are not running.

    Args:
        state_dir: where they keep their files.
        server_binary: the program to start, if any must be; default: the system's, else the packaged one.
    Raises:
        ServerError: if they cannot be started.
    """
    folder = open_folder(state_dir)
    deadline = time.monotonic() + DEADLINE_SECONDS
    users_lock = _hold(folder, deadline)
    try:
        while True:
            address = _live_address(folder)
            if address is not None:
                return Servers(address, folder, users_lock)
            keeper_lock = locks.try_exclusive(folder.keeper_lock)
            if keeper_lock is not None:
                _start_keeper(folder, find_binary(server_binary), keeper_lock)
            elif time.monotonic() > deadline:
                raise ServerError(f"the embedded servers do not answer; see {folder.log}")
            else:
                time.sleep(POLL_SECONDS)
    except BaseException:
        os.close(users_lock)
        raise


def find(state_dir: Path) -> Servers | None:
    """Join the servers of ``state_dir`` if they are running; ``None`` if not."""
    if not (state_dir / "servers").is_dir():
        return None
    folder = open_folder(state_dir)
    users_lock = locks.try_shared(folder.users_lock)
    if users_lock is None:
        return None
    address = _live_address(folder)
    if address is None:
        os.close(users_lock)
        return None
    return Servers(address, folder, users_lock)


def _hold(folder: Folder, deadline: float) -> int:
    """Return the users' lock, once a keeper that is stopping has let go of it."""
    while True:
        descriptor = locks.try_shared(folder.users_lock)
        if descriptor is not None:
            return descriptor
        if time.monotonic() > deadline:
            raise ServerError(f"the embedded servers do not stop; see {folder.log}")
        time.sleep(POLL_SECONDS)


def _live_address(folder: Folder) -> Address | None:
    """Return the address if a keeper lives and both servers answer to the password."""
    address = folder.read_address()
    if address is None or not _keeper_lives(folder):
        return None
    return address if answers(address.control_url) and answers(address.blob_url) else None


def _keeper_lives(folder: Folder) -> bool:
    descriptor = locks.try_shared(folder.keeper_lock)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False


def _replace_keeper(folder: Folder, server_binary: str | Path | None) -> None:
    """Start a keeper if there is none and nobody else is starting one."""
    keeper_lock = locks.try_exclusive(folder.keeper_lock)
    if keeper_lock is not None:
        _start_keeper(folder, find_binary(server_binary), keeper_lock)


def _start_keeper(folder: Folder, binary: Path, keeper_lock: int) -> None:
    """Start a keeper that inherits the lock, and return when the servers answer.

    Raises:
        ServerError: if they do not start, with the keeper's reason.
    """
    command = [sys.executable, "-m", "grid.servers.keeper", str(folder.path.parent), str(binary)]
    try:
        starter = subprocess.Popen(
            command, cwd=folder.path, env=child_environment({}), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            pass_fds=(keeper_lock,), start_new_session=True,
        )
    finally:
        os.close(keeper_lock)
    with starter:
        assert starter.stdout is not None
        readable, _, _ = select.select([starter.stdout], [], [], START_SECONDS)
        line = starter.stdout.readline().decode("utf-8", "replace").strip() if readable else "it said nothing"
    if line != "ready":
        raise ServerError(f"the embedded servers do not start: {line.removeprefix('error: ') or 'the keeper ended'}")
