"""The keeper: a process that starts both servers, restarts one that died, and stops them when nobody is left.

    python -m grid.servers.keeper STATE_DIR BINARY

It is started by ``attach``, inherits the keeper's lock, and says on its output ``ready`` or what went wrong.
Users hold a shared lock; the keeper looks twenty times a second whether it can have the lock alone.
Where a keeper was killed, the next one takes its ports and its password: users that still live go on with them.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from grid.errors import ServerError
from grid.servers import locks
from grid.servers.folder import Address, Folder, open_folder
from grid.servers.memory import blob_memory_bytes
from grid.servers.process import BLOBS, CONTROL, ServerProcess, answers
from grid.store.resp import ReplyError, RespConnection
from grid.store.url import parse_url

log = logging.getLogger("grid.servers.keeper")

POLL_SECONDS = 0.05
RESTART_SECONDS = 60.0
LEFTOVER_SECONDS = 10.0
CONTROL_MEMORY_BYTES = 256 * 2**20


def main(arguments: list[str]) -> int:
    """Keep the servers until nobody uses them; return the exit code."""
    folder, binary = open_folder(Path(arguments[0])), Path(arguments[1])
    _detach()
    logging.basicConfig(filename=folder.log, filemode="w", level=logging.INFO, format="%(asctime)s %(message)s")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _leave)
    before = folder.read_address()
    password = before.password if before else secrets.token_hex(24)
    pair = _pair(folder, binary, password)
    try:
        _stop_leftover(before)
        pair[0].start(before.control_port if before else None)
        pair[1].start(before.blob_port if before else None)
        folder.write_address(Address(pair[0].port, pair[1].port, password))
        _tell_starter("ready")
        _keep(folder, pair)
        folder.remove_address()
    except (OSError, ServerError) as error:
        log.error("%s", error)
        _tell_starter(f"error: {error}")
        return 1
    finally:
        for server in pair:
            server.stop()
    return 0


def _detach() -> None:
    """Go on in a child, so that whoever started the keeper has no child to wait for."""
    if os.fork():
        os._exit(0)


def _pair(folder: Folder, binary: Path, password: str) -> tuple[ServerProcess, ServerProcess]:
    return (
        ServerProcess(
            binary, folder.path / "control", configuration=CONTROL, password=password, maxmemory=CONTROL_MEMORY_BYTES
        ),
        ServerProcess(
            binary, folder.path / "blobs", configuration=BLOBS, password=password, maxmemory=blob_memory_bytes()
        ),
    )


def _tell_starter(line: str) -> None:
    """Say one line to whoever started the keeper and may have gone, then let go of its output."""
    with contextlib.suppress(OSError):
        os.write(1, f"{line}\n".encode())
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _keep(folder: Folder, pair: tuple[ServerProcess, ServerProcess]) -> None:
    """Return when nobody uses the servers; newcomers wait from then on until this process has ended.

    Raises:
        ServerError: if a server that died could not be started again for a minute.
    """
    alive = time.monotonic()
    while locks.try_exclusive(folder.users_lock) is None:
        try:
            for server in pair:
                if server.restart_if_dead():
                    log.warning("the server on port %d had died and was started again", server.port)
            alive = time.monotonic()
        except ServerError as error:
            log.error("%s", error)
            if time.monotonic() > alive + RESTART_SECONDS:
                raise
        time.sleep(POLL_SECONDS)


def _stop_leftover(address: Address | None) -> None:
    """End servers whose keeper was killed, where the kernel has not done it: two must not write one file."""
    if address is None:
        return
    for url in (address.control_url, address.blob_url):
        deadline = time.monotonic() + LEFTOVER_SECONDS
        while answers(url):
            if time.monotonic() > deadline:
                raise ServerError(f"expected the server at {parse_url(url)} to end, got none of it; end it by hand")
            _shut_down(url)


def _shut_down(url: str) -> None:
    connection = RespConnection(parse_url(url))
    try:
        connection.call("SHUTDOWN", "NOSAVE")
    except (OSError, ReplyError):
        log.info("the leftover server at %s ends", parse_url(url))
    finally:
        connection.close()


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
