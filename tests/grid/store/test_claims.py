"""Claims: each shard once while its worker lives, again when it does not, and elsewhere when it is late."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from grid.errors import RunNotFoundError, StoreError
from grid.store import Claim, Commit, Store
from grid.store.log import parse_entry
from tests.grid.processes import wait_until
from tests.step_moves import commit_entry, commit_shards, finished, make_step, new_entry, tokens_held

Create = Callable[..., str]

LONG = 30.0


def claim(store: Store, run: str, worker: str, *shards: int, seconds: float = LONG, takes: float = 0.0) -> Claim:
    """Claim in the run's current step, and commit shards with it."""
    step = store.header(run).step
    done = [finished(store, run, step, shard) for shard in shards]
    return store.claim(run, step, worker, lease_seconds=seconds, shard_seconds=takes, finished=done)


def with_width(store: Store, create: Create, width: int, shards: int, takes: float) -> str:
    """Return a run in its second step, known to have ``width`` workers whose shards take ``takes`` seconds."""
    run = create(shards=shards, steps=9)
    for number in range(width):
        store.heartbeat(f"host:{number}", {"worker": f"host:{number}"})
    for shard in range(shards):
        claim(store, run, "host:0", shard, takes=takes)
    assert commit_entry(store, run, new_entry(store, run, 0)).workers == width
    for number in range(width):
        store.forget_worker(f"host:{number}")
    return run


def test_each_shard_is_granted_once_while_leases_live(store: Store, create: Create) -> None:
    run = create(shards=20)
    granted: list[str] = []

    def work(worker: str) -> None:
        for _ in range(5):
            granted.extend(claim(store, run, worker).leases)

    threads = [threading.Thread(target=work, args=(f"host:{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(granted) == sorted(f"gradient:{shard}" for shard in range(20))
    assert claim(store, run, "host:9").outcome == "none"
    assert set(store.leases(run, 0)) == set(granted)


def test_a_worker_that_commits_is_granted_the_next_shard_until_the_step_is_complete(
    store: Store, create: Create
) -> None:
    run = create(shards=3)
    found = claim(store, run, "host:1")
    for shard in range(3):
        assert (found.outcome, found.leases) == ("granted", [f"gradient:{shard}"])
        assert set(store.leases(run, 0)) == {f"gradient:{shard}"}
        found = claim(store, run, "host:1", shard)
        assert found.commits == [Commit.ACCEPTED]
    assert (found.outcome, found.leases) == ("complete", [])
    assert claim(store, run, "host:2").outcome == "complete"
    assert store.leases(run, 0) == {}


def test_a_shard_whose_lease_has_run_out_is_granted_again(store: Store, create: Create) -> None:
    run = create()
    assert claim(store, run, "host:1", seconds=0.0).leases == ["gradient:0"]
    assert claim(store, run, "host:2").leases == ["gradient:1"]
    assert claim(store, run, "host:2", 1).leases == ["gradient:0"]
    assert claim(store, run, "host:3").outcome == "none"


def test_a_shard_whose_lease_was_let_go_is_granted_again(store: Store, create: Create) -> None:
    run = create()
    for worker in ("host:1", "host:2"):
        claim(store, run, worker)
    store.release_lease(run, 0, "gradient:0")
    assert claim(store, run, "host:3").leases == ["gradient:0"]


def test_a_worker_that_asks_again_gets_its_own_shard_back(store: Store, create: Create) -> None:
    run = create()
    claim(store, run, "host:1")
    claim(store, run, "host:2")
    for worker, shard in (("host:2", 1), ("host:1", 0), ("host:2", 1)):
        assert claim(store, run, worker).leases == [f"gradient:{shard}"]
    assert claim(store, run, "host:3").outcome == "none"


def test_a_claim_that_is_sent_again_commits_the_same_and_leaves_no_shard_without_a_worker(
    store: Store, create: Create
) -> None:
    # Given a worker whose commit and claim went through, but not the reply
    run = create(shards=3)
    done = [finished(store, run, 0, 0)]
    first = store.claim(run, 0, "host:1", lease_seconds=LONG, finished=done)
    committed, up = store.committed(run, 0), store.header(run).bytes_up
    # When the same call is made again
    second = store.claim(run, 0, "host:1", lease_seconds=LONG, finished=done)
    # Then nothing more is committed, and it can have all that was granted to it
    assert first.commits == second.commits == [Commit.ACCEPTED]
    assert (store.committed(run, 0), store.header(run).bytes_up) == (committed, up)
    last = claim(store, run, "host:1", 1)
    assert last.leases == ["gradient:2"]
    assert claim(store, run, "host:1", 2).outcome == "complete"


def test_a_shard_that_was_committed_without_a_claim_is_not_granted(store: Store, create: Create) -> None:
    run = create(shards=4)
    assert claim(store, run, "host:1", 0, 2).leases == ["gradient:1"]
    assert claim(store, run, "host:2").leases == ["gradient:3"]


def test_a_claim_says_which_version_it_is_for_and_what_made_it(store: Store, create: Create) -> None:
    run = create()
    first = claim(store, run, "host:1")
    assert (first.token, first.entry) == (store.header(run).token, b"")
    entry = make_step(store, run)
    second = claim(store, run, "host:1")
    assert second.token == entry.token
    assert parse_entry(run, 0, second.entry) == entry


@pytest.mark.parametrize("step", [1, 7])
def test_a_claim_in_another_step_is_stale(store: Store, create: Create, step: int) -> None:
    found = store.claim(create(), step, "host:1", lease_seconds=LONG)
    assert (found.outcome, found.leases, found.commits) == ("stale", [], [])


def test_a_claim_is_stale_while_the_run_is_evaluated_or_does_not_run(store: Store, create: Create) -> None:
    evaluated, queued, cancelled = create(), create(started=False), create()
    make_step(store, evaluated, evaluate=True)
    store.cancel(cancelled)
    assert [claim(store, run, "host:1").outcome for run in (evaluated, queued, cancelled)] == ["stale"] * 3


def test_many_shards_are_granted_at_once_where_they_take_little_time(store: Store, create: Create) -> None:
    run = create(shards=20)
    # Nothing is known at first; then shards take 1 ms, and 10 ms of work are handed out.
    assert len(claim(store, run, "host:1", takes=0.001).leases) == 1
    for already in (1, 11):
        left = 20 - already
        found = claim(store, run, "host:1", already - 1, takes=0.001)
        assert found.leases == [f"gradient:{shard}" for shard in range(already, already + min(10, left))]


def test_several_workers_take_equal_parts(store: Store, create: Create) -> None:
    run = with_width(store, create, width=4, shards=16, takes=0.0001)
    assert [len(claim(store, run, f"host:{number}", takes=0.0001).leases) for number in range(4)] == [4, 4, 4, 4]


def test_a_late_shard_is_granted_a_second_time_and_not_a_third(store: Store, create: Create) -> None:
    # Given shards that take 0.1 s, and a worker that holds one for much longer
    takes = 0.1
    run = create(shards=2)
    assert claim(store, run, "slow:1", seconds=3600.0).leases == ["gradient:0"]
    assert claim(store, run, "host:2", takes=takes).leases == ["gradient:1"]
    assert claim(store, run, "host:2", 1, takes=takes).outcome == "none"
    # When others ask for work again and again
    found: list[Claim] = []

    def granted() -> bool:
        found.append(claim(store, run, "host:2", takes=takes))
        return found[-1].outcome == "granted"

    wait_until(granted)
    # Then one gets it, not before it is late, and no other
    assert found[-1].leases == ["late:0"]
    assert store.leases(run, 0)["gradient:0"] >= 3 * takes
    assert claim(store, run, "host:3", takes=takes).outcome == "none"
    assert set(store.leases(run, 0)) == {"gradient:0", "late:0"}
    # And the first result counts
    assert claim(store, run, "host:2", 0, takes=takes).outcome == "complete"
    first = tokens_held(store, run)["gradient"]
    assert claim(store, run, "slow:1", 0).commits == [Commit.DUPLICATE]
    assert tokens_held(store, run)["gradient"] == first
    assert store.leases(run, 0) == {}


def test_a_late_shard_whose_second_worker_dies_is_granted_once_more(store: Store, create: Create) -> None:
    run = create(shards=1)
    claim(store, run, "slow:1", seconds=3600.0)
    for _ in range(2):
        wait_until(lambda: claim(store, run, "host:2", seconds=0.0).leases == ["late:0"])


def test_a_shard_is_not_late_within_a_moment_however_short_shards_are(store: Store, create: Create) -> None:
    run = create(shards=2)
    claim(store, run, "slow:1", seconds=3600.0)
    claim(store, run, "host:2", 1, takes=0.0001)
    wait_until(lambda: claim(store, run, "host:2", takes=0.0001).leases == ["late:0"])
    assert store.leases(run, 0)["gradient:0"] >= 0.15


def test_a_slow_worker_is_refused_what_the_others_will_have_made_sooner(store: Store, create: Create) -> None:
    run = with_width(store, create, width=2, shards=8, takes=10.0)
    claim(store, run, "host:2", takes=10.0)
    # Eight shards take the other one 80 s: a worker that needs 70 s for one is of use, one that needs 700 s is not.
    assert claim(store, run, "slow:1", takes=700.0).outcome == "none"
    assert claim(store, run, "slow:1", takes=70.0).leases == ["gradient:1"]
    # Once few are left it is not.
    claim(store, run, "host:2", 0, 2, 3, 4, 5, takes=10.0)
    assert claim(store, run, "slow:3", takes=70.0).outcome == "none"
    assert claim(store, run, "host:4", takes=10.0).outcome == "granted"


def test_a_slow_worker_that_is_alone_is_not_refused(store: Store, create: Create) -> None:
    run = with_width(store, create, width=1, shards=2, takes=0.1)
    assert claim(store, run, "slow:1", takes=1000.0).leases == ["gradient:0"]


def test_a_slow_worker_is_told_to_wait_while_nobody_is_at_it(store: Store, create: Create) -> None:
    # Given a step that no other worker has begun, or only one that dies at once
    run = with_width(store, create, width=2, shards=2, takes=0.1)
    assert claim(store, run, "slow:1", takes=1000.0).outcome == "wait"
    claim(store, run, "host:0", seconds=0.0)
    waiting = claim(store, run, "slow:1", takes=1000.0)
    assert (waiting.outcome, waiting.leases) == ("wait", [])
    # When it has waited for long enough it no longer tells how slow it is, and can make the step
    assert claim(store, run, "slow:1").leases == ["gradient:1"]
    assert claim(store, run, "slow:1", 1).leases == ["gradient:0"]
    assert claim(store, run, "slow:1", 0).outcome == "complete"


def test_a_slow_worker_that_commits_is_told_what_became_of_it_while_it_waits(store: Store, create: Create) -> None:
    run = with_width(store, create, width=2, shards=2, takes=0.1)
    claim(store, run, "slow:1")
    found = claim(store, run, "slow:1", 0, takes=1000.0)
    assert (found.outcome, found.commits) == ("wait", [Commit.ACCEPTED])


def test_what_shards_take_is_the_average_of_what_workers_tell(store: Store, create: Create) -> None:
    run = create(shards=8)
    assert store.header(run).shard_seconds == 0.0
    claim(store, run, "host:1", 0, takes=2.0)
    assert store.header(run).shard_seconds == 2.0
    claim(store, run, "host:2", 1, takes=3.0)
    assert store.header(run).shard_seconds == pytest.approx(2.1)
    # One that takes very long moves it no more than one that takes twice as long.
    claim(store, run, "slow:1", 2, takes=1e6)
    assert store.header(run).shard_seconds == pytest.approx(2.31)


def test_claims_of_a_step_that_is_made_are_forgotten(store: Store, create: Create) -> None:
    run = create()
    claim(store, run, "host:1")
    commit_shards(store, run, 0)
    commit_entry(store, run, new_entry(store, run, 0))
    assert store.control.call("EXISTS", f"run:{run}:leases:0") == 0
    assert claim(store, run, "host:2").leases == ["gradient:0"]


def test_names_that_cannot_stand_in_a_lease_are_refused(store: Store, create: Create) -> None:
    for worker in ("", "two words", "line\n", "x" * 201):
        with pytest.raises(StoreError, match="worker: expected letters, digits"):
            store.claim(create(), 0, worker, lease_seconds=LONG)
    with pytest.raises(RunNotFoundError):
        store.claim("0" * 12, 0, "host:1", lease_seconds=LONG)
