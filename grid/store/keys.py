"""Names of all keys, and who may live for how long.

Control server (append-only file, small):

    runs                              zset    run -> time of creation; the newest 200 runs
    runs:active                       zset    run -> time of creation; queued and running ones
    runs:lost                         zset    run -> when it was told that its version is gone from the blob server
    runs:kept                         zset    run -> time of its end; ended runs whose last version is still held
    run:{id}                          hash    job, state, phase, step, token, ...    as long as the run is listed
    run:{id}:offers                   zset    holder -> step to which it could set the run back; 60 s
    run:{id}:history                  list    JSON, one a step and one an evaluation as long as the run is listed
    run:{id}:log                      hash    step -> JSON, what made the version    until well before the last snapshot
    run:{id}:versions                 hash    token -> JSON {step, arrays: {name: chunks}} of every snapshot written
    run:{id}:manifest:{token}         string  JSON, sizes and digests of the chunks  as long as the snapshot
    run:{id}:done:{step}              hash    shard -> JSON {token, loss, ...}       until the step is made
    run:{id}:evaluation:{step}        hash    shard -> JSON                          until the evaluation is concluded
    run:{id}:leases:{step}            hash    name -> expiry in ms, worker, since; next: the first shard not claimed
    run:{id}:refused:{step}           hash    shard:token -> who and why; shard@worker -> not to have it until ms
    run:{id}:audits:{step}            hash    drawn, open and seen audits            until the step is made
    run:{id}:trust                    hash    worker:{id} -> results, and since the last audit; norm; alone
    banned                            hash    worker -> JSON, why                    a week after the last ban
    secret                            string  name of the secret of the seals        for ever
    workers                           zset    worker -> time of its last heartbeat   as long as one worker lives
    worker:{id}                       string  JSON                                   15 s after the last heartbeat
    supervisor                        string  who supervises                         seconds

Blob servers (no persistence, bounded memory); chunks of just below 4 MiB, spread by their keys where there are several:

    run:{id}:blob:{token}:{array}:{chunk}                 a chunk of a snapshot; until it is two snapshots old
    run:{id}:mean:{step}:{token}:{chunk}                  a chunk of an encoded mean gradient; as long as its log entry
    run:{id}:gradient:{step}:{shard}:{token}:{chunk}      a chunk of a gradient payload; 10 minutes, or until applied
"""

from __future__ import annotations

RUNS = "runs"
ACTIVE = "runs:active"
KEPT = "runs:kept"
LOST = "runs:lost"
WORKERS = "workers"
SUPERVISOR = "supervisor"
BANNED = "banned"
SECRET = "secret"  # noqa: S105 - the name of a key


def run(run_id: str) -> str:
    """Return the key of a run's hash; all its other keys begin with it and a colon."""
    return f"run:{run_id}"


def history(run_id: str) -> str:
    """Return the key of the list of a run's records."""
    return f"run:{run_id}:history"


def log(run_id: str) -> str:
    """Return the key of a run's log."""
    return f"run:{run_id}:log"


def versions(run_id: str) -> str:
    """Return the key of the register of a run's snapshots."""
    return f"run:{run_id}:versions"


def manifest(run_id: str, token: str) -> str:
    """Return the key of a snapshot's manifest."""
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


def worker(worker_id: str) -> str:
    """Return the key of a worker's heartbeat."""
    return f"worker:{worker_id}"


def blob(run_id: str, token: str, array: str) -> str:
    """Return what the keys of an array's chunks begin with."""
    return f"run:{run_id}:blob:{token}:{array}"


def mean(run_id: str, step: int, token: str) -> str:
    """Return what the keys of an encoded mean gradient's chunks begin with."""
    return f"run:{run_id}:mean:{step}:{token}"


def means(run_id: str) -> str:
    """Return what the keys of all encoded mean gradients begin with."""
    return f"run:{run_id}:mean:"


def blob_prefixes(run_id: str) -> tuple[str, str, str]:
    """Return what all keys of a run on the blob server begin with."""
    return f"run:{run_id}:blob:", means(run_id), f"run:{run_id}:gradient:"


def version(run_id: str, token: str) -> str:
    """Return what the keys of all chunks of a snapshot begin with."""
    return f"run:{run_id}:blob:{token}:"


def gradient(run_id: str, step: int, shard: int, token: str) -> str:
    """Return what the keys of a gradient's chunks begin with."""
    return f"run:{run_id}:gradient:{step}:{shard}:{token}"


def chunk(prefix: str, index: int) -> str:
    """Return the key of one chunk."""
    return f"{prefix}:{index}"
