"""Small records that the control server holds, read back as untrusted values."""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grid.errors import StoreError
from grid.store import json_object

JOB_LIMIT_BYTES = 4 * 1024 * 1024
RECORD_LIMIT_BYTES = 64 * 1024
ERROR_LIMIT_CHARACTERS = 2000
STATES = ("queued", "running", "paused", "finished", "failed", "cancelled")
ENDED = ("finished", "failed", "cancelled")
PHASES = ("gradient", "evaluate")
TOKEN = re.compile(r"[0-9a-f]{16}")
RUN_ID = re.compile(r"[0-9a-f]{12}")


class Commit(enum.Enum):
    """What became of a result: taken, already there from another, or of a step that has passed."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    STALE = "stale"


@dataclass(frozen=True)
class RunHeader:
    """The state of a run at one moment.

    Attributes:
        run: id, 12 hexadecimal digits.
        job: the job as submitted.
        state: queued, running, paused, finished, failed or cancelled.
        phase: gradient or evaluate; says what is done while running.
        step: number of updates made.
        steps: number of updates wanted.
        shards: parts of a batch.
        evaluation_shards: parts of an evaluation.
        token: names the current version.
        snapshot: names the last version that was written whole; the log leads on from it.
        snapshot_step: number of updates made up to it.
        created, started, finished: seconds since 1970 by the clock of the control server; the start is later by the
            time of all pauses that are over.
        paused: since when it is paused.
        seeded: whether its first version is a function of the job.
        generation: how often it was set back because its version was lost.
        error: why it failed.
        bytes_up, bytes_down: payload bytes that went to and came from the blob server.
        shard_seconds: what a shard takes, a moving average over all workers; 0 before the first.
    """

    run: str
    job: dict[str, Any]
    state: str
    phase: str
    step: int
    steps: int
    shards: int
    evaluation_shards: int
    token: str
    snapshot: str
    snapshot_step: int
    created: float
    started: float | None
    finished: float | None
    paused: float | None
    seeded: bool
    generation: int
    error: str | None
    bytes_up: int
    bytes_down: int
    shard_seconds: float


def parse_header(run: str, fields: Mapping[bytes, bytes]) -> RunHeader:
    """Return the header in the fields of a run's hash.

    Raises:
        StoreError: if a field is missing or malformed; names it.
    """
    values = _Fields(run, fields)
    return RunHeader(
        run=run,
        job=json_object.decode(values.raw("job"), what=f"run {run}: job", limit_bytes=JOB_LIMIT_BYTES),
        state=values.choice("state", STATES),
        phase=values.choice("phase", PHASES),
        step=values.whole("step"),
        steps=values.whole("steps"),
        shards=values.whole("shards"),
        evaluation_shards=values.whole("evaluation_shards"),
        token=values.token("token"),
        snapshot=values.token("snapshot"),
        snapshot_step=values.whole("snapshot_step"),
        created=values.seconds("created"),
        started=values.seconds("started") if values.has("started") else None,
        finished=values.seconds("finished") if values.has("finished") else None,
        paused=values.seconds("paused") if values.has("paused") else None,
        seeded=not values.has("seeded") or values.whole("seeded") == 1,
        generation=values.whole("generation") if values.has("generation") else 0,
        error=values.text("error") if values.has("error") else None,
        bytes_up=values.whole("bytes_up"),
        bytes_down=values.whole("bytes_down"),
        shard_seconds=values.seconds("shard_ms") / 1000 if values.has("shard_ms") else 0.0,
    )


def encode_record(record: Mapping[str, Any], *, what: str) -> bytes:
    """Return a record as JSON of at most 64 KiB."""
    return json_object.encode(record, what=what, limit_bytes=RECORD_LIMIT_BYTES)


def parse_record(data: bytes, *, what: str) -> dict[str, Any]:
    """Return the record in ``data``; at most 64 KiB of JSON."""
    return json_object.decode(data, what=what, limit_bytes=RECORD_LIMIT_BYTES)


class _Fields:
    """Reads the fields of one run's hash by type."""

    def __init__(self, run: str, fields: Mapping[bytes, bytes]) -> None:
        self._run = run
        self._fields = fields

    def has(self, name: str) -> bool:
        return bool(self._fields.get(name.encode()))

    def raw(self, name: str) -> bytes:
        value = self._fields.get(name.encode())
        if value is None:
            raise StoreError(f"run {self._run}: expected the field {name}, got none")
        return value

    def text(self, name: str) -> str:
        return self.raw(name).decode("utf-8", "replace")[:ERROR_LIMIT_CHARACTERS]

    def whole(self, name: str) -> int:
        value = self.raw(name)
        if not (value.isdigit() and len(value) < 19):
            raise self._malformed(name, "a whole number", value)
        return int(value)

    def seconds(self, name: str) -> float:
        value = self.raw(name)
        try:
            number = float(value)
        except ValueError as error:
            raise self._malformed(name, "seconds", value) from error
        if not math.isfinite(number):
            raise self._malformed(name, "seconds", value)
        return number

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        value = self.raw(name)
        for choice in choices:
            if value == choice.encode():
                return choice
        raise self._malformed(name, f"one of {', '.join(choices)}", value)

    def token(self, name: str) -> str:
        value = self.raw(name)
        text = value.decode("ascii", "replace")
        if not TOKEN.fullmatch(text):
            raise self._malformed(name, "a token", value)
        return text

    def _malformed(self, name: str, expected: str, value: bytes) -> StoreError:
        return StoreError(f"run {self._run}: {name}: expected {expected}, got {value[:40]!r}")
