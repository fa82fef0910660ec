"""What all parts of the store share: the two servers, checks of names, fresh tokens."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Any

from grid.errors import RunNotFoundError, StoreError
from grid.store import keys
from grid.store.blobs import Blobs
from grid.store.control_server import ControlServer
from grid.store.records import RUN_ID, TOKEN, Commit, RunHeader, parse_header
from grid.store.resp import Part
from grid.store.seals import Seals


class StoreBase:
    """The control and the blob servers, and how a run is found on them.

    Attributes:
        control: small records and scripts.
        blobs: chunks.
        seals: on the records that others rely on.
    """

    def __init__(self, control_url: str, blob_url: str, seals: Seals | None = None) -> None:
        self.control = ControlServer(control_url)
        self.blobs = Blobs(blob_url, control=self.control.url)
        self.seals = seals or Seals()

    def header(self, run: str) -> RunHeader:
        """Return the state of a run.

        Raises:
            RunNotFoundError: if there is no such run.
            StoreError: if its record is malformed.
        """
        reply = self.control.call("HGETALL", run_key(run))
        fields = as_fields(reply)
        if not fields:
            raise not_found(run)
        return parse_header(run, fields)

    def _run_script(self, script: str, run: str, other_keys: Sequence[str], arguments: Sequence[Part]) -> Any:
        """Run a script on a run and return its reply, text for a status.

        Raises:
            RunNotFoundError: if the script finds no run.
        """
        reply = self.control.run_script(script, [run_key(run), *other_keys], arguments)
        outcome = reply[0] if isinstance(reply, list) else reply
        if outcome == b"missing":
            raise not_found(run)
        return reply


def run_key(run: str) -> str:
    """Return the key of a run.

    Raises:
        RunNotFoundError: if ``run`` is not the id of a run, so that no key is built from it.
    """
    if not RUN_ID.fullmatch(run):
        raise RunNotFoundError(f"run: expected an id of 12 hexadecimal digits, got {run[:40]!r}; see `grid runs`")
    return keys.run(run)


def not_found(run: str) -> RunNotFoundError:
    """Return the error for a run that the control server does not know."""
    return RunNotFoundError(f"run {run}: not found on the control server; see `grid runs`")


def commit_outcome(reply: Any, shard: int) -> Commit:
    """Return what a commit script answered.

    Raises:
        StoreError: if the run has no such shard.
    """
    if reply == b"range":
        raise StoreError(f"shard: expected one of the run's, got {shard}")
    return Commit(reply.decode("ascii"))


def as_fields(reply: list[bytes]) -> dict[bytes, bytes]:
    """Return a hash, which comes as a flat list, as a dictionary."""
    return dict(zip(reply[::2], reply[1::2], strict=True))


def fresh_token() -> str:
    """Return a name that nothing has had before: 16 hexadecimal digits."""
    return secrets.token_hex(8)


def check_token(token: str) -> str:
    """Return ``token`` if it can stand in a key.

    Raises:
        StoreError: if it cannot.
    """
    if not TOKEN.fullmatch(token):
        raise StoreError(f"token: expected 16 hexadecimal digits, got {token[:40]!r}")
    return token


def check_name(name: str, *, what: str) -> str:
    """Return ``name`` if it can stand in a key: up to 200 letters, digits and ``. _ : @ -``.

    Raises:
        StoreError: if it cannot.
    """
    if not re.fullmatch(r"[A-Za-z0-9._:@-]{1,200}", name):
        raise StoreError(f"{what}: expected letters, digits and . _ : @ -, got {name[:40]!r}")
    return name
