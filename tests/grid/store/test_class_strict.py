"""A run that is strict about equivalence classes takes that of its first shard, whoever claims and commits."""

from __future__ import annotations

import numpy as np

from grid.store import Claim, Commit, Finished, Store


def created(store: Store, *, strict: bool) -> str:
    """Return a started run of three shards."""
    arrays = {"parameters": np.zeros(8, np.float32), "optimizer": np.zeros(0, np.float32)}
    job = {"network": "lenet", "class_strict": strict}
    run = store.create_run(job, steps=1, shards=3, evaluation_shards=1, arrays=arrays)
    assert store.start(run)
    return run


def claim(store: Store, run: str, name: str, before: Claim | None = None) -> Claim:
    """Commit what was claimed before, if something was, and claim as a worker of the class of its own name."""
    shards = [int(lease.partition(":")[2]) for lease in before.leases] if before else []
    finished = [Finished(shard, store.put_gradient(run, 0, shard, b"gradient"), {"class": name}) for shard in shards]
    return store.claim(run, 0, name, lease_seconds=10, equivalence_class=name, finished=finished)


def test_other_classes_than_that_of_the_first_shard_are_refused(store: Store) -> None:
    # Given two workers of different classes at the first two shards
    run = created(store, strict=True)
    ours, theirs = claim(store, run, "ours"), claim(store, run, "theirs")
    assert (ours.leases, theirs.leases) == (["gradient:0"], ["gradient:1"])
    # When one commits before the other
    ours = claim(store, run, "ours", ours)
    refused = claim(store, run, "theirs", theirs)
    # Then the other is told of the class, its shard does not count, and its bytes are gone
    assert refused == Claim("refused", [Commit.STALE], [], only_class="ours")
    assert claim(store, run, "theirs") == Claim("refused", [], [], only_class="ours")
    assert set(store.committed(run, 0)) == {0}
    assert store.blobs.keys_of(f"run:{run}:gradient:0:1:") == []
    # And who is of the class gets all the shards
    while ours.outcome == "granted":
        ours = claim(store, run, "ours", ours)
    assert ours.outcome == "complete"
    assert {record["class"] for record in store.committed(run, 0).values()} == {"ours"}


def test_the_class_is_that_of_the_first_commit_not_of_the_first_claim(store: Store) -> None:
    run = created(store, strict=True)
    claim(store, run, "dies")
    assert claim(store, run, "lives", claim(store, run, "lives")).outcome == "granted"


def test_a_run_that_is_not_strict_takes_every_class(store: Store) -> None:
    run = created(store, strict=False)
    first, second = claim(store, run, "ours"), claim(store, run, "theirs")
    assert claim(store, run, "ours", first).commits == [Commit.ACCEPTED]
    assert claim(store, run, "theirs", second).commits == [Commit.ACCEPTED]
