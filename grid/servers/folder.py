"""The folder of the embedded servers, readable by its owner alone, and the file in it that says how to reach them.

    STATE_DIR/servers/users.lock     held together by all users; who can hold it alone knows that there is none
    STATE_DIR/servers/keeper.lock    held by the keeper as long as it lives
    STATE_DIR/servers/servers.json   addresses and password
    STATE_DIR/servers/secret         what workers seal their results with; stays from start to start, as the runs do
    STATE_DIR/servers/keeper.log
    STATE_DIR/servers/control/       configuration, log and append-only file of the control server
    STATE_DIR/servers/blobs/         configuration and log of the blob server
"""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from grid.errors import ServerError, StoreError
from grid.store import json_object

ADDRESS_LIMIT_BYTES = 4096


@dataclass(frozen=True)
class Address:
    """Where the two servers listen on 127.0.0.1, and their password."""

    control_port: int
    blob_port: int
    password: str

    @property
    def control_url(self) -> str:
        """The URL of the control server, password included."""
        return server_url(self.control_port, self.password)

    @property
    def blob_url(self) -> str:
        """The URL of the blob server, password included."""
        return server_url(self.blob_port, self.password)


def server_url(port: int, password: str) -> str:
    """Return the URL of a server on this machine."""
    return f"redis://:{password}@127.0.0.1:{port}/0"


class Folder:
    """Paths in the folder of the embedded servers."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.users_lock = path / "users.lock"
        self.keeper_lock = path / "keeper.lock"
        self.address_file = path / "servers.json"
        self.secret_file = path / "secret"
        self.log = path / "keeper.log"

    def read_address(self) -> Address | None:
        """Return what the address file says, ``None`` if there is none or it is damaged."""
        try:
            data = self.address_file.read_bytes()
            return _parse(json_object.decode(data, what="address file", limit_bytes=ADDRESS_LIMIT_BYTES))
        except (OSError, StoreError):
            return None

    def write_address(self, address: Address) -> None:
        """Write the address file, whole or not at all."""
        write_private(self.address_file, json.dumps(asdict(address)))

    def secret(self) -> bytes:
        """Return the secret of the seals; the first one to ask makes it.

        Raises:
            ServerError: if the file cannot be read.
        """
        try:
            if not self.secret_file.exists():
                write_private(self.secret_file, secrets.token_hex(32), replace=False)
            return self.secret_file.read_bytes().strip()
        except OSError as error:
            raise ServerError(f"{self.secret_file}: cannot be used: {error.strerror}") from error

    def remove_address(self) -> None:
        """Delete the address file."""
        self.address_file.unlink(missing_ok=True)


def open_folder(state_dir: Path) -> Folder:
    """Return the folder in ``state_dir``, made if needed.

    Raises:
        ServerError: if it cannot be made, or belongs to another user.
    """
    path = state_dir.resolve() / "servers"
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.stat().st_uid != os.geteuid():
            raise ServerError(f"{path}: expected a folder of this user, got another's; set GRID_STATE_DIR elsewhere")
        path.chmod(0o700)
    except OSError as error:
        raise ServerError(f"{path}: cannot be used: {error.strerror}; set GRID_STATE_DIR elsewhere") from error
    return Folder(path)


def write_private(path: Path, text: str, *, replace: bool = True) -> None:
    """Write a file that only its owner can read, whole or not at all; without ``replace`` the first one stays."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    if replace:
        draft.replace(path)
        return
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def _parse(values: dict[str, Any]) -> Address | None:
    ports = [values.get("control_port"), values.get("blob_port")]
    password = values.get("password")
    if not all(type(port) is int and 0 < port < 65536 for port in ports):
        return None
    if not (isinstance(password, str) and password.isalnum()):
        return None
    return Address(values["control_port"], values["blob_port"], password)
