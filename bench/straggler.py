"""One worker of eight is ten times slower than the others: what becomes of the time of a step, and of the result?

    python bench/straggler.py [--workers 8] [--shards 32] [--steps 60] [--turns 2] [--json FILE|-]

The slow worker is stopped and let run in turns (SIGSTOP and SIGCONT): 20 ms of every 200 ms are its. A shard is a
pass of a small network, then a wait of ``--device-milliseconds`` in ticks of 1 ms, which stands for a device of the
worker's own: eight workers on fewer cores would otherwise wait for each other.

Calm runs and those with a slow worker take turns on the same workers. The time of a step is the mean of a run, and the
median over the turns. ``ideal`` is that of a calm step times 8 / 7.1, for the capacity that is left. ``duplicate_work``
is what was computed beyond one gradient a shard, counted where gradients are computed. The hash is that of all
parameters after the last step.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.faults.grid_of_groups import Grid, calm_sha256, followed, started
from bench.faults.worker_groups import WorkerGroups
from bench.reports import publish
from bench.sides import processor
from grid.job import Job

ON_SECONDS, OFF_SECONDS = 0.02, 0.18
SLOWNESS = (ON_SECONDS + OFF_SECONDS) / ON_SECONDS
NETWORK: list[dict[str, Any]] = [
    {"name": "data", "type": "blob_data", "inputs": ["batch"], "outputs": ["data", "label"],
     "params": {"data_shape": [28, 28, 1]}},
    {"name": "small", "type": "pooling_2d", "inputs": ["data"], "outputs": ["small"],
     "params": {"type": "average", "ksize": 7, "stride": 7}},
    {"name": "fc", "type": "linear", "inputs": ["small"], "outputs": ["pred"], "params": {"out_size": 10}},
    {"name": "loss", "type": "softmax_cross_entropy", "inputs": ["pred", "label"], "outputs": ["loss"]},
    {"name": "acc", "type": "accuracy", "inputs": ["pred", "label"], "outputs": ["accuracy"], "phase": ["test"]},
]  # fmt: skip


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Let calm runs and runs with a slow worker take turns, and return the report."""
    steps, workers = arguments.steps, arguments.workers
    job = Job(network=NETWORK, data="mnist", steps=steps, batch_size=2 * arguments.shards, shards=arguments.shards)
    calm, slow = [], []
    with started(workers, backend="numpy", device_milliseconds=arguments.device_milliseconds) as grid:
        one_run(grid, job)  # workers load the data
        for _ in range(arguments.turns):
            calm.append(one_run(grid, job))
            with slowed(grid.workers, grid.workers.process_ids()[-1]):
                slow.append(one_run(grid, job))
        expected = calm_sha256(job, grid.settings)
    calm_step, slow_step = (statistics.median(run["step_seconds"] for run in runs) for runs in (calm, slow))
    ideal = calm_step * workers / (workers - 1 + 1 / SLOWNESS)
    hashes = sorted({run["hash"] for run in [*calm, *slow]})
    return {
        "machine": processor(), "cores": len(os.sched_getaffinity(0)), "workers": workers, "shards": arguments.shards,
        "steps": steps, "device_milliseconds": arguments.device_milliseconds, "slowness": SLOWNESS,
        "calm_step_seconds": [round(run["step_seconds"], 4) for run in calm],
        "slow_step_seconds": [round(run["step_seconds"], 4) for run in slow],
        "ideal_step_seconds": round(ideal, 4), "ratio": round(slow_step / ideal, 3),
        "p95_step_seconds": round(statistics.median(run["p95"] for run in slow), 4),
        "duplicate_work": round(statistics.mean(run["duplicates"] for run in slow), 4),
        "duplicate_work_calm": round(statistics.mean(run["duplicates"] for run in calm), 4),
        "hash": expected, "hashes": hashes, "equal": hashes == [expected],
    }  # fmt: skip


def one_run(grid: Grid, job: Job) -> dict[str, Any]:
    """Make one run; return its mean time from step to step, its 95th percentile, duplicate work and hash."""
    computed = grid.shards_computed
    with followed(grid, job) as run:
        run.wait()
        gaps = sorted(run.timeline.gaps(0.0, float("inf")))
        needed = job.steps * job.shards
        return {
            "step_seconds": 1 / run.rate(),
            "p95": gaps[int(0.95 * len(gaps))],
            "duplicates": (grid.shards_computed - computed) / needed - 1,
            "hash": run.parameters_sha256(),
        }


@contextmanager
def slowed(workers: WorkerGroups, group: int) -> Iterator[None]:
    """Stop a worker for 180 ms of every 200 ms while the block runs."""
    over = threading.Event()

    def turn() -> None:
        while not over.is_set():
            workers.stop(group)
            over.wait(OFF_SECONDS)
            workers.resume(group)
            over.wait(ON_SECONDS)

    thread = threading.Thread(target=turn, name="duty cycle", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def show(report: dict[str, Any]) -> None:
    """Print the report for people."""
    print(f"{report['machine']}, {report['cores']} cores; {report['workers']} workers, one of them slower by "
          f"{report['slowness']:.0f}")  # fmt: skip
    calm, slow = (statistics.median(report[f"{kind}_step_seconds"]) for kind in ("calm", "slow"))
    print(f"  step            {slow:.3f} s; calm {calm:.3f} s, ideal {report['ideal_step_seconds']:.3f} s")
    print(f"  over the ideal  {report['ratio']:.2f}")
    print(f"  duplicate work  {100 * report['duplicate_work']:.1f} %, calm {100 * report['duplicate_work_calm']:.1f} %")
    print(f"  hash            {report['hash'][:16]}: {'equal' if report['equal'] else 'DIFFERENT'}")


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--shards", type=int, default=32)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--device-milliseconds", type=int, default=80, metavar="MS", help="what each shard waits")
    parser.add_argument("--json", metavar="FILE", help="write the report to FILE; - prints nothing else")
    arguments = parser.parse_args()
    report = measure(arguments)
    publish(report, show, arguments.json)
    if not report["equal"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
