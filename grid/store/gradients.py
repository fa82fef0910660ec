"""Gradients of a step: shards are claimed, their payloads written, committed and gathered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grid.errors import BlobCorruptError, BlobMissingError, StoreError
from grid.store import keys, step_scripts
from grid.store.base import check_name, fresh_token, run_key
from grid.store.payloads import PayloadStore, Stored, payload_keys
from grid.store.records import Commit, encode_record
from grid.store.resp import Part
from grid.store.sound_records import SoundRecords
from grid.store.wire import Buffer

GRADIENT_TTL_SECONDS = 600


@dataclass(frozen=True)
class Finished:
    """A shard that is to be committed: its payload, and what is to be known of it without reading that."""

    shard: int
    stored: Stored
    record: Mapping[str, Any]


@dataclass(frozen=True)
class Claim:
    """The answer to a claim.

    Attributes:
        outcome: ``granted``, ``none`` (others are at all that is left), ``wait`` (others are faster, but none has
            begun), ``complete``, ``refused``, ``stale`` or ``banned``.
        commits: what became of the shards that were committed with it.
        leases: those granted, such as ``gradient:3``, or ``late:3`` for one that another worker is late with.
        token: names the version that their gradients are for.
        entry: the log entry that made that version, untrusted JSON; empty at step 0.
        only_class: the equivalence class that the run takes, if this one was refused.
    """

    outcome: str
    commits: list[Commit]
    leases: list[str]
    token: str = ""
    entry: bytes = b""
    only_class: str = ""


class GradientStore(PayloadStore, SoundRecords):
    """Claims, writes, commits and reads gradients."""

    def claim(
        self, run: str, step: int, worker: str, *,
        lease_seconds: float, shard_seconds: float = 0.0, down: int = 0, equivalence_class: str = "",
        finished: Sequence[Finished] = (),
    ) -> Claim:
        """Commit shards, if some are given, and claim the next; one round trip.

        The first payload of a shard counts; one that does not is deleted. Sent again because the reply was lost, it
        answers as before for what was committed; ``down`` is then counted twice.

        Args:
            run, step: what the worker is at.
            worker: its name.
            lease_seconds: how long the claims stand if they are not renewed.
            shard_seconds: what a shard takes this worker; 0: not known.
            down: bytes that it has read since the last claim.
            equivalence_class: of the worker; a run of a ``class_strict`` job takes that of its first shard only.
            finished: the shards to commit.
        Raises:
            StoreError: if the run has no such shard.
        """
        arguments: list[Part] = [
            step, check_name(worker, what="worker"), round(1000 * lease_seconds), f"{1000 * shard_seconds:.3f}", down,
            equivalence_class,
        ]  # fmt: skip
        for one in finished:
            what = f"run {run} step {step} shard {one.shard}"
            data = encode_record(self.seals.seal({**one.record, **one.stored.record()}, context=what), what=what)
            arguments += [one.shard, data, one.stored.size]
        reply = self._run_script(step_scripts.CLAIM_SHARDS, run, [], arguments)
        if reply[0] == b"range":
            raise StoreError(f"shard: expected one of the run's, got {reply[1].decode('ascii', 'replace')}")
        commits = [Commit(text.decode("ascii")) for text in reply[4:]] or [Commit.STALE for _ in finished]
        for one, commit in zip(finished, commits, strict=True):
            if commit is not Commit.ACCEPTED:
                self.discard_gradients(run, step, [(one.shard, one.stored)])
        if reply[0] == b"refused":
            return Claim("refused", commits, [], only_class=reply[1].decode("ascii", "replace"))
        if reply[0] != b"granted":
            return Claim(reply[0].decode("ascii"), commits, [])
        leases = reply[3].decode("ascii").split()
        return Claim("granted", commits, leases, reply[1].decode("ascii", "replace"), reply[2])

    def put_gradient(self, run: str, step: int, shard: int, payload: Buffer) -> Stored:
        """Write a payload; see ``put_gradients``."""
        return self.put_gradients(run, step, [(shard, payload)])[0]

    def put_gradients(self, run: str, step: int, payloads: Sequence[tuple[int, Buffer]]) -> list[Stored]:
        """Write payloads of shards; they count once they are committed, and go by themselves after ten minutes.

        Raises:
            BlobsFullError: if the blob server has no room; nothing is left behind.
        """
        run_key(run)
        tokens = [fresh_token() for _ in payloads]
        named = zip(payloads, tokens, strict=True)
        values = [(keys.gradient(run, step, shard, token), token, payload) for (shard, payload), token in named]
        return self._put(values, ttl_seconds=GRADIENT_TTL_SECONDS)

    def get_gradients(self, run: str, step: int, gradients: Sequence[tuple[int, Stored]]) -> list[bytearray]:
        """Return the payloads of committed gradients, read without waiting between them; see ``get_gradient``."""
        try:
            return self._get([(keys.gradient(run, step, shard, stored.token), stored) for shard, stored in gradients])
        except (BlobMissingError, BlobCorruptError):
            return [self.get_gradient(run, step, shard, stored) for shard, stored in gradients]

    def get_gradient(self, run: str, step: int, shard: int, stored: Stored) -> bytearray:
        """Return the payload of a committed gradient; the digest of every chunk is checked.

        A gradient that is gone or damaged is taken back if it still counts, so that the shard is computed again
        instead of holding up the step for ever.

        Raises:
            BlobMissingError: if it is gone.
            BlobCorruptError: if it was damaged.
        """
        try:
            return self._get([(keys.gradient(run, step, shard, stored.token), stored)])[0]
        except (BlobMissingError, BlobCorruptError):
            self.withdraw_gradient(run, step, shard, stored.token)
            raise

    def withdraw_gradient(self, run: str, step: int, shard: int, token: str) -> None:
        """Take back a committed gradient, if it is still the one that counts: the shard is computed again."""
        self.control.run_script(step_scripts.WITHDRAW_GRADIENT, [run_key(run)], [step, shard, token])

    def discard_gradients(self, run: str, step: int, payloads: Iterable[tuple[int, Stored]]) -> None:
        """Delete the payloads of shards."""
        found = (payload_keys(keys.gradient(run, step, shard, stored.token), stored) for shard, stored in payloads)
        self.blobs.unlink([key for several in found for key in several])

    def committed(self, run: str, step: int) -> dict[int, dict[str, Any]]:
        """Return the records of the gradients that count for a step, by shard in shard order."""
        reply = self.control.call("HGETALL", keys.done(run, step))
        shards = self.header(run).shards
        return self.sound_shards(keys.done(run, step), reply, shards=shards, what=f"run {run} step {step}")


