"""Trust between workers as the control server knows it: refused gradients, audits, bans, the name of the secret."""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grid.errors import SettingsError, StoreError
from grid.store import chunks, keys, trust_scripts
from grid.store.base import StoreBase, as_fields, check_name
from grid.store.records import encode_record, parse_record
from grid.store.resp import Part
from grid.store.seals import secret_name
from grid.store.wire import Buffer, as_bytes

PROBATION_RESULTS = 2
WINDOW_RESULTS = 20
AVOIDED_SECONDS = 3.0
SEND_SECONDS = 0.3
BAN_SECONDS = 7 * 24 * 3600
REASON_LIMIT_CHARACTERS = 500


@dataclass(frozen=True)
class AuditClaim:
    """The answer to ``claim_audit``: ``granted``, ``none``, ``banned`` or ``stale``, and what is to be computed again.

    Attributes:
        shard: the shard.
        gradient: token of the gradient that is audited.
        token: names the version that it is for.
        entry: the log entry that made that version, untrusted JSON.
    """

    outcome: str
    shard: int = -1
    gradient: str = ""
    token: str = ""
    entry: bytes = b""


@dataclass(frozen=True)
class Audits:
    """What is known of the audits of a step.

    Attributes:
        now: seconds by the clock of the control server.
        alone: whether the last audit was given up for want of another worker.
        send: whether workers are to be sent for that audit.
        open: shard -> what is audited: token, worker, class, number of the worker's result, opened (ms).
        seen: (shard, token) -> what auditors have found, by their name: sealed records with ``chunks``.
    """

    now: float
    alone: bool
    send: bool
    open: dict[int, dict[str, Any]]
    seen: dict[tuple[int, str], dict[str, dict[str, Any]]]


class TrustStore(StoreBase):
    """Refuses gradients, draws and takes audits, bans workers."""

    def refuse(self, run: str, step: int, shard: int, *, token: str, worker: str, reason: str) -> list[str]:
        """Take a gradient back and note the attempt at its shard that has failed.

        Args:
            run, step, shard: what it was for.
            token: of the gradient; a fresh one if it was not even made.
            worker: who made it; it does not get the shard again for a while if there are others.
            reason: for the run's error if all attempts fail.
        Returns:
            All attempts that have failed, each as worker and reason; none if the run has moved on.
        """
        arguments: list[Part] = [
            step, shard, token, worker.replace(" ", "_")[:200] or "?", reason[:REASON_LIMIT_CHARACTERS],
            round(1000 * AVOIDED_SECONDS),
        ]  # fmt: skip
        reply = self._run_script(trust_scripts.REFUSE_SHARD, run, [], arguments)
        return [attempt.decode("utf-8", "replace") for attempt in reply[1:]]

    def claim_audit(
        self, run: str, step: int, worker: str, *, share: float, equivalence_class: str, lease_seconds: float
    ) -> AuditClaim:
        """Ask for another worker's result to compute again; ``share`` as in the job."""
        arguments: list[Part] = [
            step, check_name(worker, what="worker"), equivalence_class, round(1000 * lease_seconds), *_draw(share)
        ]  # fmt: skip
        reply = self._run_script(trust_scripts.CLAIM_AUDIT, run, [], arguments)
        if reply[0] != b"granted":
            return AuditClaim(reply[0].decode("ascii"))
        gradient, token = (part.decode("ascii", "replace") for part in reply[2:4])
        return AuditClaim("granted", int(reply[1]), gradient, token, reply[4])

    def commit_audit(self, run: str, step: int, shard: int, *, gradient: str, payload: Buffer) -> None:
        """Tell what this worker has computed for a shard that it audits, by the digests of its chunks."""
        what = audit_place(run, step, shard, gradient)
        record = self.seals.seal({"chunks": chunks.digests_of(as_bytes(payload))}, context=what)
        arguments: list[Part] = [step, self.seals.worker, shard, gradient, encode_record(record, what=what)]
        self._run_script(trust_scripts.COMMIT_AUDIT, run, [], arguments)

    def audits(self, run: str, step: int, *, share: float) -> Audits:
        """Draw the audits of what has been committed, and return them all.

        Raises:
            StoreError: if a record is malformed.
        """
        arguments: list[Part] = [step, round(1000 * SEND_SECONDS), *_draw(share)]
        reply = self._run_script(trust_scripts.AUDITS, run, [], arguments)
        found = Audits(0.0, alone=False, send=False, open={}, seen={})
        if reply[0] != b"accepted":
            return found
        for name, data in zip(reply[4::2], reply[5::2], strict=True):
            kind, _, rest = name.decode("utf-8", "replace").partition(":")
            if kind == "open":
                found.open[int(rest)] = parse_record(data, what=f"run {run} step {step}: audit {rest[:20]}")
            elif kind == "seen":
                shard, token, auditor = rest.split(":", 2)
                record = parse_record(data, what=f"run {run} step {step}: audit {rest[:80]}")
                found.seen.setdefault((int(shard), token), {})[auditor] = record
        return Audits(int(reply[1]) / 1000, reply[2] == b"1", reply[3] == b"1", found.open, found.seen)

    def skip_audit(self, run: str, step: int, shard: int, worker: str) -> None:
        """Give up an audit; the next result of ``worker`` is audited instead."""
        self._run_script(trust_scripts.SKIP_AUDIT, run, [], [step, shard, worker, WINDOW_RESULTS])

    def ban(self, worker: str, record: Mapping[str, Any]) -> None:
        """Refuse all claims and commits of a worker from now on."""
        data = encode_record({**record, "worker": worker}, what=f"ban of {worker}")
        self.control.run_script(trust_scripts.BAN, [keys.BANNED], [worker, data, BAN_SECONDS])

    def banned(self) -> dict[str, dict[str, Any]]:
        """Return the workers that are banned, and why: run, step, shard, number of the result, reason, time."""
        fields = as_fields(self.control.call("HGETALL", keys.BANNED))
        return {
            name.decode("utf-8", "replace"): parse_record(data, what="ban") for name, data in sorted(fields.items())
        }

    def typical_norm(self, run: str, norm: float | None = None) -> float | None:
        """Return by what the norms of this run's gradients are measured; ``norm`` becomes that if there is none yet.

        Raises:
            StoreError: if it is malformed.
        """
        told = "" if norm is None else repr(norm)
        value = self._run_script(trust_scripts.TYPICAL_NORM, run, [], [told])[1]
        if not value:
            return None
        try:
            found = float(value)
        except ValueError as error:
            raise StoreError(f"run {run}: expected the norm of a gradient, got {value[:40]!r}") from error
        if not (math.isfinite(found) and found > 0):
            raise StoreError(f"run {run}: expected the norm of a gradient, got {value[:40]!r}")
        return found

    def agree_on_secret(self, secret: bytes | None) -> None:
        """Return if this process and the others have the same secret, or none; the first one to have one decides.

        Raises:
            SettingsError: if they differ: each would refuse what the other writes.
        """
        own = secret_name(secret) if secret else ""
        if own:
            self.control.call("SET", keys.SECRET, own, "NX")
        found = (self.control.call("GET", keys.SECRET) or b"").decode("ascii", "replace")
        if found != own:
            raise SettingsError(
                f"GRID_SECRET: expected the secret of this grid, named {found[:20]}, got "
                f"{f'one named {own}' if own else 'none'}; set it everywhere, or forget the old one with "
                f"`DEL {keys.SECRET}` on the control server"
            )


def audit_place(run: str, step: int, shard: int, gradient: str) -> str:
    """Return the place for which an auditor's record is sealed."""
    return f"run {run} step {step} shard {shard}: audit of {gradient}"


def _draw(share: float) -> list[Part]:
    """Return the arguments of a draw: share, window, probation, and what nobody can know before."""
    window = max(WINDOW_RESULTS, math.ceil(1 / share))
    return [repr(share), window, PROBATION_RESULTS, secrets.token_hex(16)]
