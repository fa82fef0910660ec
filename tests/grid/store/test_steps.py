"""Making steps: once each, nothing superfluous kept, nothing lost when somebody dies halfway."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest

from grid.errors import BlobMissingError, GridError, StoreError
from grid.store import Commit, Store
from grid.store.steps import StepStore
from tests.grid.processes import wait_until

Create = Callable[..., str]

SHARDS = 2


def vector(value: int) -> np.ndarray:
    return np.full(8, value, np.float32)


def commit_shards(store: Store, run: str, step: int) -> None:
    for shard in range(SHARDS):
        token = store.put_gradient(run, step, shard, b"payload %d" % shard)
        assert store.commit_gradient(run, step, shard, token, {"loss": 1.0}) is Commit.ACCEPTED


def make_step(store: Store, run: str, step: int, *, evaluate: bool = False) -> str:
    commit_shards(store, run, step)
    token = store.write_version(run, {"parameters": vector(step + 1), "optimizer": vector(0)})
    assert store.commit_step(run, step, token, {"step": step + 1}, evaluate=evaluate)
    return token


def versions_held(store: Store, run: str) -> set[str]:
    return {key.split(":")[3] for key in store.blobs.keys_of(f"run:{run}:blob:")}


def test_a_step_makes_its_version_the_current_one(store: Store, create: Create) -> None:
    run = create()
    before = store.header(run).token
    token = make_step(store, run, 0)
    header = store.header(run)
    assert (header.step, header.phase, header.token, header.previous) == (1, "gradient", token, before)
    assert store.previous(run) == before
    assert store.read_array(run, token, "parameters").tolist() == vector(1).tolist()
    assert store.history(run) == [{"step": 1}]
    assert store.committed(run, 0) == {}


def test_a_step_with_missing_shards_is_not_made(store: Store, create: Create) -> None:
    run = create()
    store.commit_gradient(run, 0, 0, store.put_gradient(run, 0, 0, b"x"), {})
    token = store.write_version(run, {"parameters": vector(1)})
    assert not store.commit_step(run, 0, token, {"step": 1}, evaluate=False)
    assert store.header(run).step == 0
    assert store.history(run) == []
    assert token not in versions_held(store, run)


def test_a_step_that_is_sent_again_is_made_once(store: Store, create: Create) -> None:
    run = create()
    first = make_step(store, run, 0)
    assert store.commit_step(run, 0, first, {"step": 1}, evaluate=False)
    second = make_step(store, run, 1)
    # The reply of the first one was lost for so long that the next step has been made.
    assert store.commit_step(run, 0, first, {"step": 1}, evaluate=False)
    assert store.header(run).token == second
    assert store.history(run) == [{"step": 1}, {"step": 2}]
    assert store.read_array(run, first, "parameters").size == 8


def test_of_two_appliers_one_wins_and_the_others_version_is_deleted(store: Store, create: Create) -> None:
    run = create()
    commit_shards(store, run, 0)
    tokens = [store.write_version(run, {"parameters": vector(1)}) for _ in range(6)]
    won: list[str] = []

    def work(token: str) -> None:
        if store.commit_step(run, 0, token, {"step": 1}, evaluate=False):
            won.append(token)

    threads = [threading.Thread(target=work, args=(token,)) for token in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [store.header(run).token]
    assert store.history(run) == [{"step": 1}]
    assert versions_held(store, run) == {won[0], store.previous(run)}


def test_a_version_that_was_not_written_cannot_be_committed(store: Store, create: Create) -> None:
    run = create()
    commit_shards(store, run, 0)
    assert not store.commit_step(run, 0, "0" * 16, {"step": 1}, evaluate=False)
    discarded = store.write_version(run, {"parameters": vector(1)})
    store.discard_version(run, discarded)
    assert not store.commit_step(run, 0, discarded, {"step": 1}, evaluate=False)
    assert store.header(run).step == 0


def test_the_last_step_without_evaluation_finishes_the_run(store: Store, create: Create) -> None:
    run = create(steps=2)
    make_step(store, run, 0)
    token = make_step(store, run, 1)
    header = store.header(run)
    assert (header.state, header.step, header.token) == ("finished", 2, token)
    assert header.finished is not None
    assert run not in store.active_runs()
    assert versions_held(store, run) == {token}


def test_an_evaluation_comes_before_the_next_step(store: Store, create: Create) -> None:
    run = create(steps=2)
    make_step(store, run, 0, evaluate=True)
    assert store.header(run).phase == "evaluate"
    token = store.put_gradient(run, 1, 0, b"early")
    assert store.commit_gradient(run, 1, 0, token, {}) is Commit.STALE


def test_a_record_that_cannot_be_stored_makes_no_step(store: Store, create: Create) -> None:
    run = create()
    commit_shards(store, run, 0)
    token = store.write_version(run, {"parameters": vector(1)})
    with pytest.raises(StoreError, match="expected values that JSON can hold"):
        store.commit_step(run, 0, token, {"loss": float("nan")}, evaluate=False)
    assert store.header(run).step == 0


def test_fifty_steps_hold_two_versions_no_old_gradients_and_flat_memory(store: Store, create: Create) -> None:
    # Given a run whose every step writes 2 MB of version and 1 MB of gradients, and some of it twice
    run = create(steps=60)
    arrays = {name: np.zeros(250_000, np.float32) for name in ("parameters", "optimizer")}
    payload = bytes(500_000)

    def step_with_duplicates(step: int) -> None:
        for shard in (0, 0, 1):
            token = store.put_gradient(run, step, shard, payload)
            store.commit_gradient(run, step, shard, token, {"loss": 1.0})
        for token in [store.write_version(run, arrays) for _ in range(2)]:
            store.commit_step(run, step, token, {"step": step + 1}, evaluate=False)

    def blob_bytes() -> int:
        reply = store.blobs.call("INFO", "memory")
        assert isinstance(reply, bytes)
        return int(dict(line.split(":", 1) for line in reply.decode().split() if ":" in line)["used_memory_dataset"])

    # When it has made five steps, and fifty, its memory is that of two versions; one more would be 2 MB. The server
    # frees in the background, so it is waited for.
    before = blob_bytes()
    for step in range(5):
        step_with_duplicates(step)
    wait_until(lambda: blob_bytes() < before + 5_000_000)
    for step in range(5, 50):
        step_with_duplicates(step)
    wait_until(lambda: blob_bytes() < before + 5_000_000)
    # Then the blob server holds two versions and no gradients
    assert store.header(run).step == 50
    assert len(store.history(run)) == 50
    assert versions_held(store, run) == {store.header(run).token, store.previous(run)}
    assert store.blobs.keys_of(f"run:{run}:gradient") == []
    # And the control server holds nothing of old steps
    assert store.control.execute("KEYS", f"run:{run}:done:*") == []
    assert store.control.execute("HLEN", f"run:{run}:versions") == 2
    assert len(store.control.execute("KEYS", f"run:{run}:manifest:*")) == 2
    store.cancel(run)


def test_what_a_dead_winner_left_behind_is_deleted_by_a_later_step(
    store: Store, create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a winner that is killed between the compare-and-set and the clearing up
    run = create(steps=9)
    with monkeypatch.context() as patch:
        patch.setattr(StepStore, "_clear_step", lambda *given: None)
        for step in range(3):
            make_step(store, run, step)
    assert len(versions_held(store, run)) == 4
    # When the next step is made
    make_step(store, run, 3)
    # Then its garbage is gone too, and gradients that nobody can find any more expire
    assert versions_held(store, run) == {store.header(run).token, store.previous(run)}
    left = store.blobs.keys_of(f"run:{run}:gradient")
    assert all(int(str(store.blobs.call("TTL", key))) > 0 for key in left)


def test_a_version_of_a_dead_loser_is_deleted_by_a_later_step(store: Store, create: Create) -> None:
    # Given an applier that is killed while it writes its version, without a manifest or with one
    run = create(steps=9)
    whole = store.write_version(run, {"parameters": vector(1)})
    partial = store.write_version(run, {"parameters": vector(1)})
    store.control.execute("DEL", f"run:{run}:manifest:{partial}")
    # When others go on
    make_step(store, run, 0)
    assert {whole, partial} <= versions_held(store, run)
    make_step(store, run, 1)
    # Then its chunks go with the step after
    assert versions_held(store, run) == {store.header(run).token, store.previous(run)}


def test_trouble_with_clearing_up_does_not_undo_the_step(
    store: Store, create: Create, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*given: object) -> None:
        raise GridError("blob server away")

    run = create()
    commit_shards(store, run, 0)
    token = store.write_version(run, {"parameters": vector(1)})
    with monkeypatch.context() as patch:
        patch.setattr(StepStore, "_clear_step", away)
        assert store.commit_step(run, 0, token, {"step": 1}, evaluate=False)
    assert f"run {run}: could not clear up: blob server away" in caplog.text


def test_a_stale_reader_is_told_to_read_the_header_again(store: Store, create: Create) -> None:
    run = create(steps=9)
    first = make_step(store, run, 0)
    make_step(store, run, 1)
    assert store.read_array(run, first, "parameters").size == 8
    make_step(store, run, 2)
    with pytest.raises(BlobMissingError, match="read the header again"):
        store.read_array(run, first, "parameters")
