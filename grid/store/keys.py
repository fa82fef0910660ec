"""Names of all keys, and who may live for how long.

Control server (append-only file, small):

    runs                              zset    run -> time of creation; the newest 200 runs
    runs:active                       zset    run -> time of creation; queued and running ones
    runs:kept                         zset    run -> time of its end; ended runs whose last version is still held
    run:{id}                          hash    job, state, phase, step, token, ...    as long as the run is listed
    run:{id}:history                  list    JSON, one a step and one an evaluation as long as the run is listed
    run:{id}:versions                 hash    token -> JSON {step, arrays: {name: chunks}} of every version written
    run:{id}:manifest:{token}         string  JSON, sizes and digests of the chunks  as long as the version
    run:{id}:done:{step}              hash    shard -> JSON {token, loss, ...}       until the step is made
    run:{id}:evaluation:{step}        hash    shard -> JSON                          until the evaluation is concluded
    run:{id}:leases:{step}            hash    name -> expiry in ms, worker           seconds
    run:{id}:counted:{nonce}          string  a byte count that was taken            60 s
    workers                           zset    worker -> time of its last heartbeat   as long as one worker lives
    worker:{id}                       string  JSON                                   15 s after the last heartbeat
    supervisor                        string  who supervises                         seconds

Blob server (no persistence, bounded memory):

    run:{id}:blob:{token}:{array}:{chunk}                 4 MiB of a version; until it is two versions old
    run:{id}:gradient:{step}:{shard}:{token}:{chunk}      4 MiB of a gradient payload; 10 minutes, or until applied
    run:{id}:gradient:{step}:{shard}:{token}:manifest     JSON {size, chunks: [digest, ...]}; as long
"""

from __future__ import annotations

RUNS = "runs"
ACTIVE = "runs:active"
KEPT = "runs:kept"
WORKERS = "workers"
SUPERVISOR = "supervisor"


def run(run_id: str) -> str:
    """Return the key of a run's hash; all its other keys begin with it and a colon."""
    return f"run:{run_id}"


def history(run_id: str) -> str:
    """Return the key of the list of a run's records."""
    return f"run:{run_id}:history"


def versions(run_id: str) -> str:
    """Return the key of the register of a run's versions."""
    return f"run:{run_id}:versions"


def manifest(run_id: str, token: str) -> str:
    """Return the key of a version's manifest."""
    return f"run:{run_id}:manifest:{token}"


def done(run_id: str, step: int) -> str:
    """Return the key of the gradients committed for a step."""
    return f"run:{run_id}:done:{step}"


def evaluation(run_id: str, step: int) -> str:
    """Return the key of the evaluation results committed for a step."""
    return f"run:{run_id}:evaluation:{step}"


def leases(run_id: str, step: int) -> str:
    """Return the key of the leases of a step."""
    return f"run:{run_id}:leases:{step}"


def counted(run_id: str, nonce: str) -> str:
    """Return the key that remembers that a byte count was taken."""
    return f"run:{run_id}:counted:{nonce}"


def worker(worker_id: str) -> str:
    """Return the key of a worker's heartbeat."""
    return f"worker:{worker_id}"


def blob(run_id: str, token: str, array: str) -> str:
    """Return what the keys of an array's chunks begin with."""
    return f"run:{run_id}:blob:{token}:{array}"


def blob_prefixes(run_id: str) -> tuple[str, str]:
    """Return what all keys of a run on the blob server begin with."""
    return f"run:{run_id}:blob:", f"run:{run_id}:gradient:"


def version(run_id: str, token: str) -> str:
    """Return what the keys of all chunks of a version begin with."""
    return f"run:{run_id}:blob:{token}:"


def gradient(run_id: str, step: int, shard: int, token: str) -> str:
    """Return what the keys of a gradient's chunks begin with."""
    return f"run:{run_id}:gradient:{step}:{shard}:{token}"


def chunk(prefix: str, index: int) -> str:
    """Return the key of one chunk."""
    return f"{prefix}:{index}"


def gradient_manifest(prefix: str) -> str:
    """Return the key of a gradient's manifest."""
    return f"{prefix}:manifest"
