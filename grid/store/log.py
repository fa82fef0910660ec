"""The log of a run: the encoded mean gradient of each step, which turns one version into the next on any worker.

Snapshot and log together always give the current version; the entries are on the control server, what they name on the
blob server.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from grid.errors import StoreError
from grid.store import keys, step_scripts
from grid.store.base import check_token, run_key
from grid.store.payloads import PayloadStore, Stored, parse_stored, payload_keys
from grid.store.records import encode_record, parse_record
from grid.store.wire import Buffer


@dataclass(frozen=True)
class LogEntry:
    """How one version became the next.

    Attributes:
        step: the number of updates before it.
        before, token: name the versions before and after.
        stored: the encoded mean gradient.
        fingerprint: that of parameters and optimizer state after it, below 2**32.
    """

    step: int
    before: str
    token: str
    stored: Stored
    fingerprint: int

    def record(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            "before": self.before, "token": self.token, "fingerprint": self.fingerprint,
            "size": self.stored.size, "chunks": self.stored.digests,
        }  # fmt: skip


@dataclass(frozen=True)
class Version:
    """The current version of a run, and what leads to it.

    Attributes:
        step, token: of the current version.
        snapshot_step, snapshot: of the last snapshot.
        entries: the log, in order, from the step that was asked for, or else from the snapshot on.
    """

    step: int
    token: str
    snapshot_step: int
    snapshot: str
    entries: list[LogEntry]


class LogStore(PayloadStore):
    """Writes and reads the log."""

    def put_mean(self, run: str, step: int, token: str, sent: Buffer) -> Stored:
        """Write the encoded mean gradient that makes the version ``token``."""
        run_key(run)
        [stored] = self._put([(keys.mean(run, step, check_token(token)), token, sent)], ttl_seconds=None)
        return stored

    def get_mean(self, run: str, entry: LogEntry) -> bytearray:
        """Return the encoded mean gradient of an entry.

        Raises:
            BlobMissingError: if it is gone.
            BlobCorruptError: if it was damaged.
        """
        return self._get([(keys.mean(run, entry.step, entry.token), entry.stored)])[0]

    def discard_mean(self, run: str, entry: LogEntry) -> None:
        """Delete the encoded mean gradient of an entry."""
        self.blobs.unlink(payload_keys(keys.mean(run, entry.step, entry.token), entry.stored))

    def sweep_log(self, run: str) -> None:
        """Delete the encoded means of past steps that the log does not name: who wrote them died before committing."""
        # In this order: an entry may join the log meanwhile, but none for a step that is past already.
        step = self.header(run).step
        found = self.blobs.keys_of(keys.means(run))
        kept = tuple(self._logged(run))
        past = [key for key in found if (number := key.split(":")[3]).isdigit() and int(number) < step]
        self.blobs.unlink([key for key in past if not key.startswith(kept)])

    def _logged(self, run: str) -> list[str]:
        """Return what the keys of the encoded means begin with that the log names."""
        fields = self.control.call("HGETALL", keys.log(run))
        entries = [parse_entry(run, int(number), data) for number, data in zip(fields[::2], fields[1::2], strict=True)]
        return [keys.mean(run, entry.step, entry.token) + ":" for entry in entries]

    def version(self, run: str, *, have: int = -1) -> Version:
        """Return the current version and the log from step ``have`` on, or from the last snapshot if that is gone.

        Raises:
            RunNotFoundError: if there is no such run.
            StoreError: if a record is malformed.
            SealError: if an entry is not sealed by a worker.
        """
        reply = self._run_script(step_scripts.VERSION, run, [], [have])
        step, token, snapshot_step, snapshot = reply[:4]
        entries = [
            self.checked_entry(run, int(number), data) for number, data in zip(reply[4::2], reply[5::2], strict=True)
        ]
        return Version(
            int(step), check_token(token.decode("ascii", "replace")),
            int(snapshot_step), check_token(snapshot.decode("ascii", "replace")), entries,
        )  # fmt: skip

    def encode_entry(self, run: str, entry: LogEntry) -> bytes:
        """Return an entry as JSON, sealed."""
        what = _place(run, entry.step)
        return encode_record(self.seals.seal(entry.record(), context=what), what=what)

    def checked_entry(self, run: str, step: int, data: bytes) -> LogEntry:
        """Return an untrusted entry.

        Raises:
            StoreError: if it is malformed.
            SealError: if no worker has sealed it.
        """
        what = _place(run, step)
        self.seals.check(parse_record(data, what=what), context=what)
        return parse_entry(run, step, data)


def _place(run: str, step: int) -> str:
    return f"run {run}: log entry of step {step}"


def parse_entry(run: str, step: int, data: bytes) -> LogEntry:
    """Return an untrusted entry, without a look at its seal.

    Raises:
        StoreError: if it is malformed.
    """
    what = _place(run, step)
    record = parse_record(data, what=what)
    before, fingerprint = record.get("before"), record.get("fingerprint")
    if not isinstance(before, str) or type(fingerprint) is not int or not 0 <= fingerprint < 2**32:
        raise StoreError(f"{what}: expected before and fingerprint, got {str(record)[:80]}")
    stored = parse_stored(record, what=what)
    return LogEntry(step, check_token(before), stored.token, stored, fingerprint)


