"""One job, one hash: LeNet with any number of workers, calm, in shuffled order and with a slow one, by codec.

    python bench/equivalence.py [--full] [--json FILE|-]

The hash is the SHA-256 of final parameters, optimizer state, the loss of every step and that of the last test. All runs
of one codec must have one hash, the training in a single process too. The control splits each batch among the workers
there are, as data-parallel training usually does: its hashes must differ, from each other and from those above.

Servers and workers are real: embedded servers, and processes of ``celery -A grid worker``. Short by default; ``--full``
is the whole matrix: 200 steps, 1, 2, 3, 4 and 8 workers, 3 arrivals, 4 codecs.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.reports import Report, publish
from bench.slow_process import slowed
from grid import driver
from grid.client import Client
from grid.devices import create_backend
from grid.job import Job
from grid.local import Trainer
from grid.local_workers import LocalWorkers
from grid.records import evaluation_due, step_record
from grid.session import Plan, Session
from grid.settings import Settings, load

ROOT = Path(__file__).resolve().parent.parent
SHARDS = 16
BATCH_SIZE = 64
SEED = 1
START_SECONDS = 120.0
SHUFFLING = "bench.shuffled_arrival"


@dataclass(frozen=True)
class Matrix:
    """What is run: every codec with every number of workers and every arrival."""

    steps: int
    workers: tuple[int, ...]
    codecs: tuple[str, ...]
    arrivals: tuple[str, ...] = ("calm", "one slow worker", "shuffled")
    data: str = "mnist"

    def job(self, codec: str, shards: int = SHARDS) -> Job:
        """Return the job of a cell."""
        return Job(
            network="lenet", data=self.data, steps=self.steps, batch_size=BATCH_SIZE, shards=shards, codec=codec,
            seed=SEED, learning_rate=0.01,
        )  # fmt: skip


SHORT = Matrix(steps=20, workers=(1, 3), codecs=("dynamic8", "ternary"))
FULL = Matrix(steps=200, workers=(1, 2, 3, 4, 8), codecs=("float32", "dynamic8", "sr4", "ternary"))


def digest(arrays: Mapping[str, np.ndarray], history: Iterable[Mapping[str, Any]]) -> str:
    """Return the hash of parameters, optimizer state and all losses, in hex."""
    made = hashlib.sha256(arrays["parameters"].astype("<f4").tobytes() + arrays["optimizer"].astype("<f4").tobytes())
    for record in history:
        loss = record["loss"] if record["kind"] == "step" else record["test_loss"]
        made.update(f"{record['kind']} {record['step']} {loss!r}\n".encode("ascii"))
    return made.hexdigest()


def in_one_process(job: Job, settings: Settings) -> str:
    """Train without a grid and return the hash."""
    session = Session(Plan(job, settings.data_dir), create_backend(settings))
    trainer = Trainer.start(session)
    for step in range(1, job.steps + 1):
        trainer.history.append(step_record(step, trainer.step(step - 1), [], 0.0))
        if evaluation_due(job.evaluate_every, step, job.steps):
            trainer.history.append(trainer.evaluate(step, 0.0))
    return digest(session.arrays(), trainer.history)


def on_the_grid(job: Job, client: Client, settings: Settings, workers: LocalWorkers) -> dict[str, Any]:
    """Train with the workers there are and return hash, seconds and classes."""
    run = client.submit(job, settings.data_dir)
    header = driver.follow(client.store, run, lambda progress: None, workers)
    record = driver.finished_record(client.store, run)
    arrays = {name: client.store.read_array(run, header.snapshot, name) for name in ("parameters", "optimizer")}
    sha256 = digest(arrays, client.store.history(run))
    return {"sha256": sha256, "seconds": record["seconds"], "classes": record["classes"]}


@contextmanager
def serving(client: Client, settings: Settings, count: int) -> Iterator[LocalWorkers]:
    """Run ``count`` workers, all of them at work, while the block runs."""
    with driver.compute(client, settings, workers=count, backend=settings.backend) as workers:
        deadline = time.monotonic() + START_SECONDS
        while len(client.workers()) != count:
            workers.check()
            if time.monotonic() > deadline:
                raise SystemExit(f"expected {count} workers after {START_SECONDS:.0f} s, got {len(client.workers())}")
            time.sleep(0.1)
        yield workers


def cells(matrix: Matrix, client: Client, settings: Settings) -> Iterator[tuple[str, dict[str, Any]]]:
    """Run everything; yield whether it is a result or of the control, and the record."""
    shuffling = replace(settings, plugins=(*settings.plugins, SHUFFLING))
    for count in matrix.workers:
        for chosen, arrivals in ((settings, ("calm", "one slow worker")), (shuffling, ("shuffled",))):
            with serving(client, chosen, count) as workers:
                for arrival in [name for name in arrivals if name in matrix.arrivals]:
                    slow = slowed(workers.process_ids[0]) if arrival == "one slow worker" else nullcontext()
                    with slow:
                        for codec in matrix.codecs:
                            found = on_the_grid(matrix.job(codec), client, chosen, workers)
                            yield "results", {"codec": codec, "workers": count, "arrival": arrival, **found}
                if chosen is settings:
                    codec = matrix.codecs[0]
                    found = on_the_grid(matrix.job(codec, shards=count), client, chosen, workers)
                    yield "control", {"codec": codec, "workers": count, "shards": count, **found}


def measure(matrix: Matrix, backend: str | None, show: bool) -> Report:
    """Run the matrix on servers of its own and compare the hashes."""
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])  # for the plugin
    started = time.monotonic()
    found: dict[str, list[dict[str, Any]]] = {"results": [], "control": []}
    with tempfile.TemporaryDirectory(prefix="nabe-equivalence-", ignore_cleanup_errors=True) as folder:
        settings = replace(load(), broker_url=None, blob_url=None, state_dir=Path(folder), backend=backend)
        for codec in matrix.codecs:
            sha256 = in_one_process(matrix.job(codec), settings)
            found["results"].append({"codec": codec, "workers": 1, "arrival": "in one process", "sha256": sha256})
        with driver.open_client(settings) as client:
            for kind, record in cells(matrix, client, settings):
                found[kind].append(record)
                if show:
                    print(line(record), flush=True)
    hashes = {codec: by_codec(found["results"], codec) for codec in matrix.codecs}
    first = {*hashes[matrix.codecs[0]]}
    control = [record["sha256"] for record in found["control"]]
    return {
        "equivalent": all(len(set(group)) == 1 for group in hashes.values()),
        "control_differs": len(first.union(control)) == len(first) + len(control),
        "network": "lenet", "steps": matrix.steps, "batch_size": BATCH_SIZE, "shards": SHARDS, "seed": SEED,
        "classes": sorted({name for record in found["results"] for name in record.get("classes", [])}),
        "hashes": {codec: sorted(set(group)) for codec, group in hashes.items()},
        "seconds": round(time.monotonic() - started, 1),
        **found,
    }


def by_codec(results: Sequence[Mapping[str, Any]], codec: str) -> list[str]:
    """Return the hashes of one codec's runs."""
    return [str(record["sha256"]) for record in results if record["codec"] == codec]


def line(record: Mapping[str, Any]) -> str:
    """Return one run in words."""
    kind = record.get("arrival", f"control, {record.get('shards')} shards")
    what = f"{record['codec']:9} {record['workers']} workers, {kind:20}"
    return f"{what} {record['seconds']:7.2f} s  {record['sha256'][:16]}"


def show(report: Report) -> None:
    """Print the verdict."""
    for codec, hashes in report["hashes"].items():
        runs = len(by_codec(report["results"], codec))
        print(f"{codec:9} {runs} runs, {len(hashes)} hash{'es' * (len(hashes) > 1)}: {', '.join(hashes)}")
    print(f"equivalent: {report['equivalent']}, control differs: {report['control_differs']}, {report['seconds']} s")


def main() -> None:
    """Parse the command line; the exit code is 1 if a hash is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="the whole matrix; some 20 minutes on two cores")
    parser.add_argument("--steps", type=int, help="in place of the matrix's")
    parser.add_argument("--workers", type=int, nargs="+", help="in place of the matrix's")
    parser.add_argument("--codecs", nargs="+", help="in place of the matrix's")
    parser.add_argument("--arrivals", nargs="+", choices=SHORT.arrivals, help="in place of all")
    parser.add_argument("--data", default="mnist", help="a data set of images of MNIST's shape; default: MNIST")
    parser.add_argument("--backend", choices=("opencl", "numpy"), help="default: OpenCL where a device is found")
    parser.add_argument("--json", metavar="FILE", help="write the report to FILE; - is stdout")
    arguments = parser.parse_args()
    whole = FULL if arguments.full else SHORT
    matrix = Matrix(
        steps=arguments.steps or whole.steps,
        workers=tuple(arguments.workers or whole.workers),
        codecs=tuple(arguments.codecs or whole.codecs),
        arrivals=tuple(arguments.arrivals or whole.arrivals),
        data=arguments.data,
    )
    report = measure(matrix, arguments.backend, arguments.json != "-")
    publish(report, show, arguments.json)
    raise SystemExit(0 if report["equivalent"] and report["control_differs"] else 1)


if __name__ == "__main__":
    main()
