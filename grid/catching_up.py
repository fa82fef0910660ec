"""How a worker's parameters become those of the current version: by the log, or by a snapshot and then the log."""

from __future__ import annotations

from grid.errors import BlobCorruptError, BlobMissingError, VersionLostError
from grid.session import Session
from grid.store import LogEntry, Store
from grid.store.log import Version, parse_entry


class CatchingUp:
    """Reads versions from a store.

    Attributes:
        down: payload bytes read since they were last accounted for.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.down = 0

    def to(self, session: Session, run: str, token: str, entry: bytes = b"") -> None:
        """Make the session's parameters and optimizer state those of the version ``token``, or of a later one.

        Args:
            session: of the run.
            run: its name.
            token: names the version wanted.
            entry: the log entry that made it, if the caller has it: the usual case takes no look at the control server.
        Raises:
            BlobMissingError, BlobCorruptError: if a payload is gone or damaged, but the run has moved on.
            VersionLostError: if it is gone although the version is the current one.
        """
        if session.token == token:
            return
        try:
            self._read(session, run, token, entry)
        except (BlobMissingError, BlobCorruptError) as error:
            session.token = None
            if self._store.header(run).token != token:
                raise
            raise VersionLostError(f"its parameters cannot be read: {error}") from error

    def _read(self, session: Session, run: str, token: str, entry: bytes) -> None:
        if session.token is not None and entry:
            # Sealed for its own step, which is another one if the session is further behind: then all is read.
            last = parse_entry(run, session.step, entry)
            if last.before == session.token and last.token == token:
                self._replay(session, run, self._store.checked_entry(run, session.step, entry))
                return
        version = self._store.version(run, have=session.step if session.token else -1)
        if not (version.entries and version.entries[0].before == session.token) and session.token != version.token:
            version = self._load_snapshot(session, run, version)
        for following in version.entries:
            if following.before == session.token:
                self._replay(session, run, following)
        if session.token != version.token:
            raise BlobMissingError(f"run {run}: version {token} has gone while it was read; read again")

    def _load_snapshot(self, session: Session, run: str, version: Version) -> Version:
        """Load the last snapshot and return what leads on from it."""
        arrays = {name: self._store.read_array(run, version.snapshot, name) for name in ("parameters", "optimizer")}
        session.load(arrays)
        session.token, session.step = version.snapshot, version.snapshot_step
        self.down += sum(array.nbytes for array in arrays.values())
        return self._store.version(run, have=session.step)

    def _replay(self, session: Session, run: str, entry: LogEntry) -> None:
        """Turn the version that the session holds into the next one."""
        sent = self._store.get_mean(run, entry)
        self.down += len(sent)
        session.replay(entry.step, memoryview(sent))
        if session.fingerprint() != entry.fingerprint:
            raise BlobCorruptError(
                f"run {run} step {entry.step}: expected parameters with the fingerprint {entry.fingerprint:08x}, got "
                f"{session.fingerprint():08x}; this device computes otherwise than the one that made the step: "
                "the last snapshot is read again"
            )
        session.token, session.step = entry.token, entry.step + 1

    def taken(self) -> int:
        """Return the payload bytes read since the last call."""
        down, self.down = self.down, 0
        return down
