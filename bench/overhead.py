"""Milliseconds of a step that computes nothing, beside a bare Celery chord and raw Redis lists.

    python bench/overhead.py [--shards 8,32] [--workers 2] [--steps 200] [--turns 5] [--json FILE|-]

A step is the whole of one: the chord, claims, payloads up and down, the mean, the update, the log entry, snapshots, for
a network of 1,024 parameters without arithmetic, on the NumPy backend. A bare chord is as many empty Celery tasks and a
callback; raw lists are as many numbers pushed, answered by workers and popped. All have the same number of worker
processes on the same embedded server, and take turns. A figure is the median over the turns; of ours, a turn's is that
between its first and its last step.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import redis

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.peers.null_network import null_network
from bench.peers.raw_lists import DONE, TASKS
from bench.reports import Report, publish
from bench.sides import Side, processor
from grid import driver
from grid.client import Client
from grid.job import Job
from grid.settings import child_environment, load

PARAMETERS = 1024
PLUGIN = "bench.peers.null_network"
PATIENCE_SECONDS = 60
WARM_UP = 10

Turn = Callable[[int, int], float]
"""From shards and steps to milliseconds of a step."""


def measure(arguments: argparse.Namespace) -> Report:
    """Time all three for each number of shards."""
    rows = []
    with sides(arguments.workers) as turns:
        for shards in (int(text) for text in arguments.shards.split(",")):
            timed: dict[str, list[float]] = {name: [] for name in turns}
            for _ in range(arguments.turns):
                for name, turn in turns.items():
                    timed[name].append(turn(shards, arguments.steps))
            medians = {name: statistics.median(values) for name, values in timed.items()}
            rows.append({"shards": shards, **{name: round(value, 3) for name, value in medians.items()}, "all": timed})
    return {
        "machine": processor(), "cores": len(os.sched_getaffinity(0)), "workers": arguments.workers,
        "steps": arguments.steps, "turns": arguments.turns, "results": rows,
    }  # fmt: skip


@contextmanager
def sides(workers: int) -> Iterator[dict[str, Turn]]:
    """Start servers and the workers of all sides; yield what makes a turn of each."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        settings = replace(load(), broker_url=None, blob_url=None, state_dir=folder, plugins=(PLUGIN,))
        client = stack.enter_context(driver.open_client(settings))
        url = client.connection.control_url
        server = redis.Redis.from_url(url, socket_timeout=PATIENCE_SECONDS)
        commands = [
            ["-m", "celery", "-A", "bench.peers.bare_chord", "worker", "--pool", "solo", "--queues", "bare",
             "--without-gossip", "--without-mingle", "--loglevel", "ERROR", "--hostname"],
            [str(Path(__file__).parent / "peers" / "raw_lists.py"), url],
        ]  # fmt: skip
        for index in range(workers):
            stack.callback(start([*commands[0], f"bare-{index}@%h"], url).kill)
            stack.callback(start(commands[1], url).kill)
        stack.enter_context(driver.compute(client, settings, workers=workers, backend="numpy"))
        bare = Side([sys.executable, "-m", "bench.peers.bare_chord"], child_environment({"GRID_BENCH_URL": url}))
        stack.callback(bare.stop)
        yield {
            "step_ms": lambda shards, steps: our_turn(client, shards, steps),
            "chord_ms": lambda shards, steps: float(bare.ask(f"{shards} {steps}")),
            "lists_ms": lambda shards, steps: lists_turn(server, shards, steps),
        }


def start(command: list[str], url: str) -> subprocess.Popen[bytes]:
    """Start a worker of one of the other sides."""
    environment = child_environment({"GRID_BENCH_URL": url})
    null = subprocess.DEVNULL
    return subprocess.Popen([sys.executable, *command], env=environment, stdin=null, stdout=null, stderr=null)


def our_turn(client: Client, shards: int, steps: int) -> float:
    """Train the network that computes nothing."""
    job = Job(network=null_network(PARAMETERS), steps=steps + WARM_UP, batch_size=shards, shards=shards)
    run = client.submit(job, load().data_dir)
    header = driver.follow(client.store, run, lambda _: None)
    if header.state != "finished":
        raise SystemExit(f"expected the run to finish, got {header.state}: {header.error}")
    seconds = [record["seconds"] for record in client.store.history(run) if record["kind"] == "step"]
    return float(1000 * (seconds[-1] - seconds[WARM_UP - 1]) / (len(seconds) - WARM_UP))


def lists_turn(server: redis.Redis, shards: int, steps: int) -> float:
    """Push numbers and pop the answers."""

    def step() -> None:
        server.lpush(TASKS, *range(1, shards + 1))
        for _ in range(shards):
            pop(server, DONE)

    return timed(steps, step)


def pop(server: redis.Redis, key: str) -> None:
    """Wait for an answer."""
    if server.brpop([key], timeout=PATIENCE_SECONDS) is None:
        raise SystemExit(f"{key}: expected an answer within {PATIENCE_SECONDS} s, got none")


def timed(steps: int, step: Callable[[], object]) -> float:
    """Return the milliseconds of a step, after some that do not count."""
    for _ in range(WARM_UP):
        step()
    started = time.perf_counter()
    for _ in range(steps):
        step()
    return 1000 * (time.perf_counter() - started) / steps


def show(report: Report) -> None:
    """Print a line for each number of shards."""
    print(f"{report['workers']} workers on {report['cores']} cores of {report['machine']}: ms of a step")
    print(f"{'shards':>6} {'ours':>8} {'chord':>8} {'lists':>8}")
    for row in report["results"]:
        print(f"{row['shards']:>6} {row['step_ms']:>8.2f} {row['chord_ms']:>8.2f} {row['lists_ms']:>8.2f}")


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shards", default="8,32", help="numbers of shards, with commas between")
    parser.add_argument("--workers", type=int, default=2, help="worker processes of each side")
    parser.add_argument("--steps", type=int, default=200, help="steps of a turn")
    parser.add_argument("--turns", type=int, default=5, help="turns of each side")
    parser.add_argument("--json", metavar="FILE", help="write the report to FILE; - prints nothing else")
    arguments = parser.parse_args()
    publish(measure(arguments), show, arguments.json)


if __name__ == "__main__":
    main()
