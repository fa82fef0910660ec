"""One job, one SHA-256: for any number of workers, for a second run, and for training in one process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grid.devices import create_backend
from grid.driver import train
from grid.job import Job
from grid.local import Trainer, train_local
from grid.progress import Progress
from grid.session import Plan, Session
from grid.settings import Settings, load
from tests.observing_layers import network
from tests.small_digits import write_digits

JOB = Job(network="lenet", data="mnist", steps=12, batch_size=64, shards=4, seed=1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(load(), broker_url=None, blob_url=None, state_dir=tmp_path / "state")


def silent(progress: Progress) -> None:
    assert progress.state != "failed", progress.message


def sha256(record: dict[str, Any]) -> str:
    assert record["steps"] == JOB.steps
    assert record["examples"] == JOB.steps * JOB.batch_size
    return str(record["parameters_sha256"])


@pytest.mark.parametrize("backend", ["opencl", "numpy"])
def test_any_number_of_workers_gives_the_bits_of_one_process(settings: Settings, backend: str) -> None:
    expected = sha256(train_local(JOB, settings=settings, on_progress=silent, backend=backend))
    for workers in (1, 2, 3):
        record = train(JOB, settings=settings, on_progress=silent, workers=workers, backend=backend)
        assert sha256(record) == expected, f"{workers} workers"
        assert record["backend"] == backend
        assert len(record["classes"]) == 1


@pytest.mark.parametrize("codec", ["float32", "dynamic8"])
def test_unequal_shards_in_pieces_with_running_statistics_and_local_steps_give_the_bits_of_one_process(
    settings: Settings, tmp_path: Path, codec: str
) -> None:
    # Given shards of 8, 8 and 9 examples in pieces of 4 and 5, and more steps than lie between two snapshots
    write_digits(tmp_path)
    job = Job(
        network=network("batch_normalization"), data=str(tmp_path), codec=codec, steps=18, batch_size=25, shards=3,
        micro_batch=5, local_steps=2, seed=3,
    )  # fmt: skip
    expected = train_local(job, settings=settings, on_progress=silent, backend="numpy")
    # When workers share them
    record = train(job, settings=settings, on_progress=silent, workers=2, backend="numpy")
    # Then everything that counts is as in one process
    same = ("parameters_sha256", "steps", "examples", "final_loss", "test_loss", "test_accuracy")
    assert {name: record[name] for name in same} == {name: expected[name] for name in same}
    assert record["examples"] == 18 * 2 * 25


def test_another_number_of_shards_gives_other_bits(settings: Settings) -> None:
    # The negative control: were the hash blind to the order of additions, the tests above could not fail.
    hashes = {
        sha256(train_local(JOB.model_copy(update={"shards": shards}), settings=settings, on_progress=silent))
        for shards in (1, 2, 3, 4)
    }
    assert len(hashes) == 4


def losses(settings: Settings, backend: str) -> list[float]:
    """Return the loss of every step on one backend."""
    chosen = replace(settings, backend=backend)
    trainer = Trainer.start(Session(Plan(JOB, chosen.data_dir), create_backend(chosen)))
    return [sum(loss * examples for loss, examples in trainer.step(step)) for step in range(JOB.steps)]


def test_numpy_and_opencl_agree_on_the_loss_of_every_step(settings: Settings) -> None:
    # Sums in another order, quantized and fed back a dozen times. Much longer jobs drift apart by more, and NumPy does
    # so from itself when it starts one rounding away: docs/results/backend-agreement.md.
    assert losses(settings, "opencl") == pytest.approx(losses(settings, "numpy"), rel=1e-3)
