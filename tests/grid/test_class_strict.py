"""Workers of two equivalence classes serve one grid: a strict run comes to the bits of one of them."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from grid import driver
from grid.job import Job
from grid.local import train_local
from grid.progress import Progress
from grid.settings import load
from tests.small_digits import write_digits

BACKENDS = ("numpy", "opencl")
START_SECONDS = 60.0


def silent(progress: Progress) -> None:
    assert progress.state != "failed", progress.message


def test_a_strict_run_comes_to_the_bits_of_one_class(tmp_path: Path) -> None:
    write_digits(tmp_path)
    settings = replace(load(), broker_url=None, blob_url=None, state_dir=tmp_path / "state")
    strict = Job(network="lenet", data=str(tmp_path), steps=15, batch_size=64, shards=8, seed=1, class_strict=True)
    expected = {
        train_local(strict, settings=settings, on_progress=silent, backend=backend)["parameters_sha256"]
        for backend in BACKENDS
    }
    assert len(expected) == 2
    # Given a worker of each class
    with driver.open_client(settings) as client, ExitStack() as stack:
        for backend in BACKENDS:
            stack.enter_context(driver.compute(client, settings, workers=1, backend=backend))
        deadline = time.monotonic() + START_SECONDS
        while len({worker["class"] for worker in client.workers()}) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        records = []
        for job in (strict, strict.model_copy(update={"class_strict": False})):
            run = client.submit(job, settings.data_dir)
            driver.follow(client.store, run, silent)
            records.append(driver.finished_record(client.store, run))
    # Then the strict run had one class, and without being strict both take part
    assert len(records[0]["classes"]) == 1
    assert records[0]["parameters_sha256"] in expected
    assert len(records[1]["classes"]) == 2
    assert records[1]["parameters_sha256"] not in expected
