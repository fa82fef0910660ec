"""A user of the embedded servers as a process of its own, which tests can kill."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil

from grid.servers.folder import Address, Folder
from grid.settings import child_environment

PROGRAM = """
import sys
from pathlib import Path
from grid.servers import attach
servers = attach(Path(sys.argv[1]), server_binary=sys.argv[2])
print(servers.control_url, servers.blob_url, flush=True)
sys.stdin.read()
"""


class User:
    """A process that attaches and then waits for its end."""

    def __init__(self, state_dir: Path, program: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(state_dir), str(program)], env=child_environment({}),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )

    def urls(self) -> tuple[str, str]:
        """Return the addresses it attached to; waits until it has."""
        assert self.process.stdout is not None
        control, blobs = self.process.stdout.readline().split()
        return control, blobs

    def kill(self) -> None:
        """End it with kill -9."""
        self.process.kill()
        self.process.communicate()

    def leave(self) -> None:
        """Let it end by itself."""
        self.process.communicate(timeout=30)


def address_of(state_dir: Path) -> Address:
    """Return the address in the file of ``state_dir``, which must be there."""
    address = Folder(state_dir / "servers").read_address()
    assert address is not None
    return address


def processes_in(state_dir: Path) -> list[psutil.Process]:
    """Return the keeper and the servers of ``state_dir`` that are alive."""
    return [process for process in psutil.process_iter() if _belongs(process, state_dir / "servers")]


def keeper_of(state_dir: Path) -> psutil.Process:
    """Return the keeper of ``state_dir``, which must be alive."""
    (keeper,) = [process for process in processes_in(state_dir) if "grid.servers.keeper" in process.cmdline()]
    return keeper


def server_on(state_dir: Path, port: int) -> psutil.Process:
    """Return the server of ``state_dir`` that listens on ``port``, which must be alive."""
    (server,) = [process for process in processes_in(state_dir) if f":{port}" in " ".join(process.cmdline())]
    return server


def _belongs(process: psutil.Process, folder: Path) -> bool:
    try:
        # Not the user, whose working directory is that of the tests.
        return process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()).is_relative_to(folder)
    except psutil.Error:
        return False
