"""A run of LeNet under faults: does it come to the same bits, how soon does it go on, how much of its speed is left?

    python bench/chaos.py [--mtbf 5] [--minutes 1] [--workers 4] [--seed 0] [--redis-every S] [--json FILE|-]
    python bench/chaos.py --kill-driver K [--steps N] [--checkpoint-every C] [--workers 4] [--seed 0] [--json FILE|-]

Workers are processes in groups of their own on embedded servers. They have no driver that looks after the run: the
supervisor is always a worker, and dies with it. A worker that died is started again at once, and what its start takes
of this machine is part of the figures. Faults come at random moments, ``--mtbf`` seconds apart in the mean: kill -9 of
a group (6 of 12), a group stopped for 1 to 4 s (2), messages delivered twice, out of order or forged, a payload
overwritten (1 each).

A calm run before and one after, on the same workers, give the speed that is compared with. ``goodput`` is the rate of
published steps from the first moment at which faults may come to the last, over the mean of the two calm rates; every
step counts once, and what was computed twice does not count. A shared machine's speed may change within minutes, so
``goodput_within`` compares with the stretches of the same run that are 10 s or more behind the last fault, where these
come to a minute. The recovery time of a fault is the time from it to the next published step less the median time of a
calm step. ``hash`` is that of all parameters after the last step, for the run with faults, and for a training of the
same job in one process.

With ``--redis-every`` the embedded servers are killed with kill -9 too, control and blob server in turn. Their keeper
starts them again, the control server on its append-only file, the blob server empty.

``--kill-driver K`` is another experiment: ``grid train``, with workers and embedded servers of its own, and then each
``grid resume`` are killed with kill -9 together with all that they have started, K times, at random moments in K parts
of the job; what is left are the append-only file and the checkpoint files. The last ``grid resume`` ends the job.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.faults import killed_driver_report
from bench.faults.grid_of_groups import Followed, Grid, calm_sha256, followed, started
from bench.faults.nemesis import Nemesis, Schedule
from bench.faults.recoveries import by_kind, quantiles, rate_between_faults, recoveries, slowest
from bench.reports import publish
from bench.sides import processor
from grid.job import Job

PROBE_STEPS = 15
EXPECTED_GOODPUT = 0.97
PART_STEPS = 150


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Make the calm runs and the one with faults, and return the report."""
    seconds = 60 * arguments.minutes
    schedule = Schedule(arguments.seed, arguments.mtbf, arguments.redis_every)
    device = arguments.device_milliseconds
    with started(arguments.workers, backend=arguments.backend, device_milliseconds=device) as grid:
        probe = calm_run(grid, job(arguments, PROBE_STEPS))
        calm_job = job(arguments, max(PROBE_STEPS, round(probe["rate"] * arguments.calm_seconds)))
        before = calm_run(grid, calm_job)
        chaotic_job = job(arguments, max(PROBE_STEPS, round(EXPECTED_GOODPUT * before["rate"] * seconds)))
        with followed(grid, chaotic_job) as run:
            chaos = run_with_faults(grid, run, schedule, seconds)
        after = calm_run(grid, calm_job)
        settings = grid.settings
    calm_rate = statistics.mean([before["rate"], after["rate"]])
    gap = statistics.median([before["gap"], after["gap"]])
    found = recoveries(chaos["faults_done"], chaos["samples"], gap)
    until = chaos["begin"] + chaos["seconds"]
    seen = [sample for sample in chaos["samples"] if chaos["begin"] <= sample.seconds <= until]
    between = rate_between_faults(chaos["faults_done"], seen)
    expected = calm_sha256(chaotic_job, settings)
    return {
        "machine": processor(), "cores": len(os.sched_getaffinity(0)), "workers": arguments.workers,
        "job": chaotic_job.model_dump(include={"network", "steps", "batch_size", "shards", "codec", "seed"}),
        "device_milliseconds": device,
        "mtbf_seconds": arguments.mtbf, "seed": arguments.seed, "seconds": round(chaos["seconds"], 1),
        "faults": chaos["faults"], "worker_starts": chaos["worker_starts"],
        "recovery_seconds": quantiles(recovery.seconds for recovery in found),
        "recovery_seconds_by_kind": by_kind(found),
        "slowest_recoveries": slowest(found, chaos["begin"]),
        "longest_gap_seconds": chaos["longest_gap"],
        "calm_step_seconds": round(gap, 4),
        "calm_steps_per_second": [round(before["rate"], 3), round(after["rate"], 3)],
        "chaotic_steps_per_second": round(chaos["rate"], 3),
        "goodput": round(chaos["rate"] / calm_rate, 4),
        "goodput_within": round(chaos["rate"] / between, 4) if between else None,
        "duplicate_work": round(chaos["computed"] / (chaos["steps"] * chaotic_job.shards) - 1, 4),
        "hash_calm": expected, "hash_chaotic": chaos["hash"], "equal": expected == chaos["hash"],
    }  # fmt: skip


def measure_killed_driver(arguments: argparse.Namespace) -> dict[str, Any]:
    """Make a training with kills of everything, and one in this process, and return the report."""
    steps = arguments.steps or PART_STEPS * (arguments.kill_driver + 1)
    killed_job = job(arguments, steps).model_copy(update={"checkpoint_every": arguments.checkpoint_every})
    return killed_driver_report.measure(
        killed_job, kills=arguments.kill_driver, workers=arguments.workers, backend=arguments.backend,
        seed=arguments.seed,
    )  # fmt: skip


def job(arguments: argparse.Namespace, steps: int) -> Job:
    """Return the job of so many steps."""
    return Job(
        network="lenet", data="mnist", steps=steps, batch_size=arguments.batch_size, shards=arguments.shards,
        codec=arguments.codec, seed=arguments.seed,
    )  # fmt: skip


def calm_run(grid: Grid, calm_job: Job) -> dict[str, float]:
    """Make a run without faults; return its rate and its median time from step to step."""
    with followed(grid, calm_job) as run:
        run.wait()
        return {"rate": run.rate(), "gap": run.usual_gap()}


def run_with_faults(grid: Grid, run: Followed, schedule: Schedule, seconds: float) -> dict[str, Any]:
    """Let faults come for so many seconds, or until the run is over; return what was seen."""
    while run.timeline.step < 5:
        time.sleep(0.05)
    begin, computed, first_step = time.monotonic(), grid.shards_computed, run.timeline.step
    restarts = len(grid.workers.restarts)
    with Nemesis(schedule, grid.workers, grid.client.connection, grid.taken_messages, run.run) as nemesis:
        run.wait(until=begin + seconds)
        nemesis.stop()
        end, computed, last_step = time.monotonic(), grid.shards_computed - computed, run.timeline.step
    run.wait()
    return {
        "begin": begin,
        "seconds": end - begin,
        "rate": (last_step - first_step) / (end - begin),
        "steps": last_step - first_step,
        "computed": computed,
        "faults": nemesis.counts(),
        "worker_starts": len(grid.workers.restarts) - restarts,
        "faults_done": nemesis.faults,
        "samples": run.timeline.samples(),
        "longest_gap": round(run.timeline.longest_gap(begin, end), 3),
        "hash": run.parameters_sha256(),
    }


def show(report: dict[str, Any]) -> None:
    """Print the report for people."""
    recovery = report["recovery_seconds"]
    faults = ", ".join(f"{count} {kind}" for kind, count in sorted(report["faults"].items()))
    starts = report["worker_starts"]
    print(f"{report['machine']}, {report['cores']} cores; {report['workers']} workers, started again {starts} times")
    print(f"  faults       {faults or 'none'} in {report['seconds']:.0f} s")
    if recovery:
        print(f"  recovery     p50 {recovery['p50']:.2f} s, p95 {recovery['p95']:.2f} s, max {recovery['max']:.2f} s")
    print(f"  longest gap  {report['longest_gap_seconds']:.2f} s between two steps")
    before, after = report["calm_steps_per_second"]
    print(f"  steps/s      {report['chaotic_steps_per_second']:.2f}; calm {before:.2f} before, {after:.2f} after")
    within = report["goodput_within"]
    print(f"  goodput      {100 * report['goodput']:.1f} %"
          + (f", {100 * within:.1f} % of its own calm stretches" if within else "")
          + f"; duplicate work {100 * report['duplicate_work']:.1f} %")  # fmt: skip
    print(f"  hash         {report['hash_chaotic'][:16]}, calm {report['hash_calm'][:16]}: "
          + ("equal" if report["equal"] else "DIFFERENT"))  # fmt: skip


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mtbf", type=float, default=5.0, metavar="SECONDS", help="mean time between faults")
    parser.add_argument("--minutes", type=float, default=1.0, help="how long faults come")
    parser.add_argument("--calm-seconds", type=float, default=20.0, help="length of each calm run")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0, help="of the faults and of the job")
    parser.add_argument("--redis-every", type=float, default=0.0, metavar="SECONDS", help="kill a server too, in turn")
    parser.add_argument("--kill-driver", type=int, default=0, metavar="K", help="kill `grid train` with all it started")
    parser.add_argument("--steps", type=int, metavar="N", help="of the job with --kill-driver; default: 150 a part")
    parser.add_argument(
        "--checkpoint-every", type=int, default=40, metavar="C", help="of the job with --kill-driver; 0: half a minute"
    )
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--shards", type=int, default=8)
    parser.add_argument("--codec", default="dynamic8")
    parser.add_argument("--backend", help="opencl or numpy; default: opencl where a device is found")
    parser.add_argument(
        "--device-milliseconds", type=int, default=0, metavar="MS",
        help="let each shard wait so long, as for a device that is not this processor",
    )  # fmt: skip
    parser.add_argument("--json", metavar="FILE", help="write the report to FILE; - prints nothing else")
    arguments = parser.parse_args()
    if arguments.kill_driver:
        least = 2 * (arguments.kill_driver + 1)
        if arguments.steps is not None and arguments.steps < least:
            parser.error(f"--steps: expected {least} or more, 2 for each part, got {arguments.steps}")
        report = measure_killed_driver(arguments)
        publish(report, killed_driver_report.show, arguments.json)
    else:
        report = measure(arguments)
        publish(report, show, arguments.json)
    if not report["equal"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
