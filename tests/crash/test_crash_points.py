"""A worker killed at any instant of a step: every step is made exactly once, to the same bits, within seconds."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from bench.faults.worker_groups import SOLO, Pool
from grid.local import train_local
from grid.settings import load
from tests.crash.crash_run import JOB, CrashRun, Matrix, Outcome, started

GRADIENT = ("popped", "received", "claimed", "current", "computed", "encoded", "stored", "committed", "returned")
CHORD = ("counting", "counted", "acknowledging")
APPLY = ("applying", "gathered", "updated", "logged", "published", "sent", "cleared", "snapshot")
INSTANTS = (*GRADIENT, *CHORD, *APPLY)
POOLS = {"solo": (3, SOLO), "prefork": (2, Pool("prefork", 2))}  # name -> workers, pool of each
RECOVERY_SECONDS = 3.5
STANDSTILL_SECONDS = 6.0
KILLS = 3


def kill_at_every_instant(folder: Path, pool: str) -> Matrix:
    """Make one run in which a worker is killed at every instant, one after the other."""
    workers, processes = POOLS[pool]
    with started(folder, workers=workers, pool=processes) as run:
        outcomes = [kill_at(run, instant) for instant in INSTANTS]
        return run.finish([outcome for outcome in outcomes if outcome])


def kill_at(run: CrashRun, instant: str) -> Outcome | None:
    """Kill a worker at an instant; a second time if the run was slow to go on, which a busy machine can cause."""
    first = run.kill_at(instant)
    if first is None or first.recovery_seconds is None or first.recovery_seconds <= RECOVERY_SECONDS:
        return first
    second = run.kill_at(instant)
    return first if second is None else second


def kill_without_supervisor(folder: Path) -> tuple[bool, Matrix]:
    """Make a run whose workers have no supervisor; return whether a kill stops it, and what a later one makes of it."""
    with started(folder, workers=2, modules=["tests.crash.no_supervisor"]) as run:
        run.wait_for_workers(2)  # one that still loads the data would come with the step's message later, and apply
        for _ in range(KILLS):  # nobody else would begin to apply, but for one whose message is still on its way
            outcome = run.kill_at("applying")
            assert outcome, "no worker came to apply"
            if outcome.recovery_seconds is None:
                break
        still = run.stands_still(STANDSTILL_SECONDS)
        with run.supervised():
            return still, run.finish([])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("crash")


@pytest.fixture(scope="module")
def together() -> Iterator[ThreadPoolExecutor]:
    """Most of the time is waiting for leases to run out: the runs are made at the same time."""
    with ThreadPoolExecutor() as executor:
        yield executor


@pytest.fixture(scope="module")
def runs(together: ThreadPoolExecutor, folder: Path) -> dict[str, Future[Matrix]]:
    return {pool: together.submit(kill_at_every_instant, folder / pool, pool) for pool in POOLS}


@pytest.fixture(scope="module")
def unsupervised(
    together: ThreadPoolExecutor, runs: dict[str, Future[Matrix]], folder: Path
) -> Future[tuple[bool, Matrix]]:
    return together.submit(kill_without_supervisor, folder / "unsupervised")


@pytest.fixture(scope="module")
def calm() -> str:
    """The SHA-256 of the undisturbed training."""
    settings = replace(load(), backend="numpy")
    return str(train_local(JOB, settings=settings, on_progress=lambda _: None)["parameters_sha256"])


def steps(matrix: Matrix) -> list[int]:
    return [record["step"] for record in matrix.history if record["kind"] == "step"]


@pytest.mark.usefixtures("unsupervised")
@pytest.mark.parametrize("instant", INSTANTS)
@pytest.mark.parametrize("pool", POOLS)
def test_a_run_goes_on_after_a_kill(runs: dict[str, Future[Matrix]], pool: str, instant: str) -> None:
    outcome = runs[pool].result().outcomes.get(instant)
    assert outcome, f"{pool}: no worker came to {instant}"
    assert outcome.recovery_seconds is not None, f"{pool}: killed at {instant}, the run stood still"
    assert outcome.recovery_seconds <= RECOVERY_SECONDS


@pytest.mark.parametrize("pool", POOLS)
def test_every_step_is_made_exactly_once(runs: dict[str, Future[Matrix]], pool: str) -> None:
    assert steps(runs[pool].result()) == list(range(1, JOB.steps + 1))


@pytest.mark.parametrize("pool", POOLS)
def test_kills_do_not_change_the_result(runs: dict[str, Future[Matrix]], calm: str, pool: str) -> None:
    assert runs[pool].result().parameters_sha256 == calm


def test_without_a_supervisor_a_kill_stops_the_run(unsupervised: Future[tuple[bool, Matrix]], calm: str) -> None:
    # The harness sees the fault; a supervisor that comes later makes it good.
    still, matrix = unsupervised.result()
    assert still
    assert steps(matrix) == list(range(1, JOB.steps + 1))
    assert matrix.parameters_sha256 == calm
