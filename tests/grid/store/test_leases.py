"""Leases: held while renewed, gone soon after, by the clock of the control server."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from grid.errors import RunNotFoundError, StoreError
from grid.store import Store
from tests.grid.processes import wait_until

Create = Callable[..., str]


def test_held_leases_are_listed_for_their_step(store: Store, create: Create) -> None:
    run = create()
    store.renew_lease(run, 0, "gradient:0", "host:1", 30.0)
    store.renew_lease(run, 0, "apply", "host:2", 30.0)
    store.renew_lease(run, 1, "gradient:1", "host:1", 30.0)
    assert set(store.leases(run, 0)) == {"gradient:0", "apply"}
    assert set(store.leases(run, 1)) == {"gradient:1"}
    assert store.leases(run, 2) == {}


def test_a_released_lease_is_gone_and_releasing_it_again_does_no_harm(store: Store, create: Create) -> None:
    run = create()
    store.renew_lease(run, 0, "gradient:0", "host:1", 30.0)
    for _ in range(2):
        store.release_lease(run, 0, "gradient:0")
    assert store.leases(run, 0) == {}


def test_a_lease_that_is_not_renewed_runs_out_and_others_stay(store: Store, create: Create) -> None:
    run = create()
    store.renew_lease(run, 0, "gradient:0", "host:1", 30.0)
    store.renew_lease(run, 0, "gradient:1", "host:2", 0.01)
    wait_until(lambda: set(store.leases(run, 0)) == {"gradient:0"})


def test_a_lease_tells_for_how_long_its_worker_has_held_it(store: Store, create: Create) -> None:
    run = create()
    store.renew_lease(run, 0, "gradient:0", "host:1", 30.0)
    wait_until(lambda: store.leases(run, 0)["gradient:0"] > 0.1)
    # Renewing it does not begin the time again, another worker does.
    store.renew_lease(run, 0, "gradient:0", "host:1", 30.0)
    held = store.leases(run, 0)["gradient:0"]
    assert held > 0.1
    store.renew_lease(run, 0, "gradient:0", "host:2", 30.0)
    assert store.leases(run, 0)["gradient:0"] < held


def test_a_claim_is_a_lease_and_is_renewed_as_one(store: Store, create: Create) -> None:
    run = create()
    store.claim(run, 0, "host:1", lease_seconds=0.01)
    store.renew_lease(run, 0, "gradient:0", "host:1", 30.0)
    assert store.claim(run, 0, "host:2", lease_seconds=30.0).leases == ["gradient:1"]
    assert set(store.leases(run, 0)) == {"gradient:0", "gradient:1"}


@pytest.mark.parametrize("value", ["", "x", "1 2", "99999999999999", "99999999999999 a b c"])
def test_a_damaged_lease_is_none(store: Store, create: Create, value: str) -> None:
    run = create()
    store.control.call("HSET", f"run:{run}:leases:0", "gradient:0", value, "next", 2, "apply", value)
    assert store.leases(run, 0) == {}
    assert store.claim(run, 0, "host:1", lease_seconds=30.0).leases == ["gradient:0"]


def test_the_key_of_a_step_outlives_its_longest_lease_only(store: Store, create: Create) -> None:
    run = create()
    store.renew_lease(run, 0, "gradient:0", "host:1", 30.0)
    store.renew_lease(run, 0, "gradient:1", "host:2", 1.0)
    left = store.control.call("PTTL", f"run:{run}:leases:0")
    assert 20_000 < left <= 30_000


def test_leases_of_a_run_that_ends_are_dropped(store: Store, create: Create) -> None:
    run = create()
    store.renew_lease(run, 0, "gradient:0", "host:1", 30.0)
    store.cancel(run)
    assert store.control.call("EXISTS", f"run:{run}:leases:0") == 0


@pytest.mark.parametrize("name", ["", "two words", "x" * 201, "line\n"])
def test_names_that_cannot_be_told_apart_are_refused(store: Store, create: Create, name: str) -> None:
    with pytest.raises(StoreError, match="lease: expected letters, digits"):
        store.renew_lease(create(), 0, name, "host:1", 1.0)
    with pytest.raises(RunNotFoundError):
        store.renew_lease("no run", 0, "apply", "host:1", 1.0)
