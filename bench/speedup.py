"""How much faster is a grid with more workers? Images a second with 1, 2, 4 and 8 by codec, and the hash of the result.

    python bench/speedup.py [--workers 1 2 4 8] [--codecs float32 dynamic8] [--network lenet] [--batch-size 120]
                            [--shards 8] [--steps 40] [--turns 2] [--device-milliseconds 80] [--json FILE|-]

The rate is that of whole steps: claims, gradients, both ways of the transfer, the mean and the update. A shard is a
real gradient, then a wait of ``--device-milliseconds`` in ticks of 1 ms, which stands for a device of the worker's own:
workers on one machine would otherwise wait for each other. ``speedup`` is over the smallest number of workers with the
same codec; the codecs take turns on the same workers. The hash is that of all parameters after the last step, which
must be one for all numbers of workers, and for a training of the same job in one process.
Source of the experiment: Hidaka, Miura, Harada 2017, figure 6 (LeNet, batches of 120).
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.faults.grid_of_groups import Grid, calm_sha256, followed, started
from bench.reports import publish
from bench.sides import processor
from grid.errors import GridError
from grid.job import Job


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Make the runs of every codec with every number of workers, and return the report."""
    jobs = {
        codec: Job(
            network=arguments.network, data="mnist", steps=arguments.steps, batch_size=arguments.batch_size,
            shards=arguments.shards, codec=codec,
        )
        for codec in arguments.codecs
    }  # fmt: skip
    found: dict[str, list[dict[str, Any]]] = {codec: [] for codec in jobs}
    for workers in sorted(set(arguments.workers)):
        with started(workers, backend=arguments.backend, device_milliseconds=arguments.device_milliseconds) as grid:
            for codec, runs in runs_by_turns(grid, jobs, arguments.turns).items():
                found[codec].append({"workers": workers, **summary(runs, arguments.batch_size)})
            settings = grid.settings
    results = [
        {
            "codec": codec, "rows": [{**row, "speedup": speedup(row, rows[0])} for row in rows],
            "hash": (expected := calm_sha256(jobs[codec], settings)),
            "equal": all(row["hashes"] == [expected] for row in rows),
        }
        for codec, rows in found.items()
    ]  # fmt: skip
    return {
        "machine": processor(), "cores": len(os.sched_getaffinity(0)), "network": arguments.network,
        "batch_size": arguments.batch_size, "shards": arguments.shards, "steps": arguments.steps,
        "turns": arguments.turns, "device_milliseconds": arguments.device_milliseconds, "results": results,
        "equal": all(result["equal"] for result in results),
    }  # fmt: skip


def runs_by_turns(grid: Grid, jobs: dict[str, Job], turns: int) -> dict[str, list[dict[str, Any]]]:
    """Let the codecs take turns on one grid; return rate and hash of each run."""
    runs: dict[str, list[dict[str, Any]]] = {codec: [] for codec in jobs}
    for _ in range(turns):
        for codec, job in jobs.items():
            with followed(grid, job) as run:
                run.wait()
                runs[codec].append({"rate": run.rate(), "hash": run.parameters_sha256()})
    return runs


def summary(runs: Sequence[dict[str, Any]], batch_size: int) -> dict[str, Any]:
    """Return the median speed of some runs, and the hashes that they came to."""
    rate = statistics.median(run["rate"] for run in runs)
    if not rate:
        raise GridError("expected runs long enough to be timed, got one that ended at once; give more --steps")
    return {
        "images_per_second": round(rate * batch_size, 1), "step_seconds": round(1 / rate, 4),
        "hashes": sorted({run["hash"] for run in runs}),
    }  # fmt: skip


def speedup(row: dict[str, Any], least: dict[str, Any]) -> float:
    """Return how many times faster one summary's runs were than another's."""
    return round(float(row["images_per_second"] / least["images_per_second"]), 2)


def show(report: dict[str, Any]) -> None:
    """Print the report for people."""
    print(f"{report['machine']}, {report['cores']} cores; {report['network']}, batches of {report['batch_size']} in "
          f"{report['shards']} shards, {report['device_milliseconds']} ms of a device a shard")  # fmt: skip
    for result in report["results"]:
        print(f"{result['codec']}, hash {result['hash'][:16]}: {'equal' if result['equal'] else 'DIFFERENT'}")
        for row in result["rows"]:
            print(f"  {row['workers']:2} workers  {row['images_per_second']:8.1f} images/s  "
                  f"{1000 * row['step_seconds']:7.1f} ms a step  {row['speedup']:5.2f}")  # fmt: skip


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4, 8], metavar="N")
    parser.add_argument("--codecs", nargs="+", default=["float32", "dynamic8"], metavar="CODEC")
    parser.add_argument("--network", default="lenet")
    parser.add_argument("--batch-size", type=int, default=120)
    parser.add_argument("--shards", type=int, default=8)
    parser.add_argument("--steps", type=int, default=40, help="of each run; the first 5 are not timed")
    parser.add_argument("--turns", type=int, default=2, help="runs of each kind; the median counts")
    parser.add_argument("--device-milliseconds", type=int, default=80, metavar="MS", help="what each shard waits")
    parser.add_argument("--backend", help="opencl or numpy; default: opencl where a device is found")
    parser.add_argument("--json", metavar="FILE", help="write the report to FILE; - prints nothing else")
    arguments = parser.parse_args()
    report = measure(arguments)
    publish(report, show, arguments.json)
    if not report["equal"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
