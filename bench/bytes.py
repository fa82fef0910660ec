"""Bytes that a run moves through its servers, and the memory that they take, beside what the codecs say.

    python bench/bytes.py [--network lenet,vgg16] [--codecs dynamic8,ternary] [--steps 50] [--workers 2] [--shards 2]
                          [--json FILE|-]

The counters ``total_net_input_bytes`` and ``total_net_output_bytes`` of both servers are read by the worker that
publishes a step, before it sends the next (``bench/step_counters.py``): once after the first steps, once ``--steps``
later. What is expected of the blob server in between, with S shards and N workers:

    in    S + 1 payloads a step (each shard's gradient, the log entry); a snapshot every 16 steps
    out   S + N - 1 payloads a step (to the worker that applies; the log entry to the others)

A payload is what the codec makes of a gradient, ``payload_size``, and nothing else; a snapshot is parameters and
optimizer state. Shards that were late and computed twice are not expected; ``duplicate_shards`` counts them.
The network ``vgg16`` has as many parameters as VGG16 and computes nothing. Each run has servers of its own, so that
their peak memory is its.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.faults.worker_groups import WorkerGroups
from bench.peers.null_network import null_network
from bench.reports import Report, publish
from bench.sides import processor
from bench.step_counters import counters
from grid import driver
from grid.client import Client, blob_bound
from grid.gradient_parts import ITEM_BYTES, body_size
from grid.job import Job
from grid.session import Plan
from grid.settings import load
from grid.store.steps import SNAPSHOT_STEPS
from mathcore import codecs

VGG16_PARAMETERS = 138_357_544
NETWORKS = ("lenet", "vgg16")
PLUGINS = "bench.peers.null_network,bench.step_counters"
EXAMPLES = 16
WARM_UP = 3
SNAPSHOT_ENDS = 3
"""So many steps after a snapshot was due it has been written, whatever else its writer did."""
NEVER = 10**9
CELERY_IN_BYTES, CELERY_OUT_BYTES = 5500, 2400
"""What an empty task of bare Celery moves through the server of its queue, measured when the engine was designed."""
IDLE_SECONDS = 2.0
PATIENCE_SECONDS = 120.0
POLL_SECONDS = 0.05
LOOK_SECONDS = 5.0
IN, OUT = "total_net_input_bytes", "total_net_output_bytes"


@dataclass(frozen=True)
class Span:
    """The steps that are measured: those after ``first``, up to ``last``."""

    first: int
    last: int

    @property
    def snapshots(self) -> int:
        """How many snapshots are written within it."""
        return sum(step % SNAPSHOT_STEPS == 0 for step in range(self.first, self.last))


def span_of(steps: int) -> Span:
    """Return a span of so many steps at whose ends no snapshot is being written."""
    ends = ((first, first + steps) for first in itertools.count(WARM_UP))
    return Span(*next(pair for pair in ends if all(end % SNAPSHOT_STEPS >= SNAPSHOT_ENDS for end in pair)))


def measure(arguments: argparse.Namespace) -> Report:
    """Make one run for each network and codec."""
    names = itertools.product(arguments.network.split(","), arguments.codecs.split(","))
    return {
        "machine": processor(), "cores": len(os.sched_getaffinity(0)), "workers": arguments.workers,
        "shards": arguments.shards, "steps": arguments.steps,
        "results": [measure_run(network, codec, arguments) for network, codec in names],
    }  # fmt: skip


def measure_run(network: str, codec: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Make a run on servers of its own and return what its steps moved."""
    span, shards = span_of(arguments.steps), arguments.shards
    vgg16 = network == "vgg16"
    job = Job(
        network=null_network(VGG16_PARAMETERS) if vgg16 else network, steps=span.last + 1, shards=shards,
        batch_size=shards * (1 if vgg16 else EXAMPLES), codec=codec, checkpoint_every=NEVER,
    )  # fmt: skip
    with started(arguments.workers, span) as (client, folder):
        urls = [client.connection.control_url, client.connection.blob_url]
        idle = idle_rates(urls[0])
        before = [counters(url, "memory")["used_memory"] for url in urls]
        follow(client, client.submit(job, load().data_dir), folder / str(span.last))
        peaks = [counters(url, "memory")["used_memory_peak"] for url in urls]
        plan = Plan(job, load().data_dir)
        first, last = (json.loads((folder / str(step)).read_text()) for step in (span.first, span.last))
    moved = [
        {key: new[key] - old[key] for key in (IN, OUT)}
        for old, new in zip(first["servers"], last["servers"], strict=True)
    ]
    counted = {key: last[key] - first[key] for key in ("seconds", "tasks", "shards")}
    return {
        "network": network, "codec": codec, "parameters": plan.network.layout.size,
        "seconds": round(counted["seconds"], 2), "duplicate_shards": counted["shards"] - arguments.steps * shards,
        "blobs": blobs_report(plan, span, arguments.workers, moved[1]),
        "control": control_report(arguments.steps, counted["tasks"], moved[0], idle),
        "all_ratio": all_ratios(plan, span, arguments.workers, counted["tasks"], moved),
        "memory": {
            "peak_bytes": peaks[1] - before[1], "bound_bytes": blob_bound(plan),
            "control_peak_bytes": peaks[0] - before[0],
        },
    }  # fmt: skip


@contextmanager
def started(workers: int, span: Span) -> Iterator[tuple[Client, Path]]:
    """Start servers and workers; yield a client and the folder of what the workers count, when all are there."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        settings = replace(load(), broker_url=None, blob_url=None, state_dir=folder / "state")
        with driver.open_client(settings) as client:
            client.connection.guard(settings)
            environment = {
                "GRID_BACKEND": "numpy", "GRID_PLUGINS": PLUGINS, "GRID_STATE_DIR": str(folder / "state"),
                "STEP_COUNTERS_FOLDER": name, "STEP_COUNTERS_AT": f"{span.first},{span.last}",
                "STEP_COUNTERS_WORKERS": str(workers),
                "STEP_COUNTERS_URLS": f"{client.connection.control_url} {client.connection.blob_url}",
            }  # fmt: skip
            with WorkerGroups(workers, client.connection, log_dir=folder / "logs", environment=environment) as groups:
                deadline = time.monotonic() + PATIENCE_SECONDS
                while len(client.store.workers()) < workers:
                    if time.monotonic() > deadline:
                        raise SystemExit(f"expected {workers} workers within {PATIENCE_SECONDS:.0f} s, got fewer")
                    time.sleep(POLL_SECONDS)
                yield client, folder
                if groups.restarts:
                    raise SystemExit(f"expected {workers} workers to live, got {len(groups.restarts)} deaths")


def idle_rates(url: str) -> dict[str, float]:
    """Return the bytes per second of a server while the workers have nothing to do."""
    old = counters(url, "stats")
    time.sleep(IDLE_SECONDS)
    new = counters(url, "stats")
    return {key: (new[key] - old[key]) / IDLE_SECONDS for key in (IN, OUT)}


def follow(client: Client, run: str, noted: Path) -> None:
    """Wait for the end of a run; while it is measured the server is asked every 5 s only."""
    header = client.store.header(run)
    while header.state == "running":
        deadline = time.monotonic() + (POLL_SECONDS if noted.exists() else LOOK_SECONDS)
        while time.monotonic() < deadline and not noted.exists():
            time.sleep(POLL_SECONDS)
        header = client.store.header(run)
    if header.state != "finished":
        raise SystemExit(f"expected the run to finish, got {header.state}: {header.error}")


def expected_blob_bytes(plan: Plan, span: Span, workers: int) -> dict[str, int]:
    """Return what goes into and out of the blob server in a span."""
    steps, shards, payload = span.last - span.first, plan.job.shards, payload_bytes(plan)
    return {
        IN: steps * (shards + 1) * payload + span.snapshots * snapshot_bytes(plan),
        OUT: steps * (shards + workers - 1) * payload,
    }


def payload_bytes(plan: Plan) -> int:
    """Return the size of an encoded gradient."""
    return body_size(codecs.create(plan.job.codec), plan.network.layout)


def snapshot_bytes(plan: Plan) -> int:
    """Return the size of parameters and optimizer state."""
    return ITEM_BYTES * (plan.network.layout.size + plan.state_size)


def blobs_report(plan: Plan, span: Span, workers: int, moved: dict[str, int]) -> dict[str, Any]:
    """Return what the blob server moved, in all and a payload, beside what was expected."""
    steps, shards, expected = span.last - span.first, plan.job.shards, expected_blob_bytes(plan, span, workers)
    snapshots = span.snapshots * snapshot_bytes(plan)
    return {
        "payload_bytes": payload_bytes(plan), "snapshot_bytes": snapshot_bytes(plan), "snapshots": span.snapshots,
        "in_bytes": moved[IN], "out_bytes": moved[OUT], "expected_in_bytes": expected[IN],
        "expected_out_bytes": expected[OUT],
        "in_ratio": moved[IN] / expected[IN], "out_ratio": moved[OUT] / expected[OUT],
        "up_bytes": (moved[IN] - snapshots) / (steps * (shards + 1)),
        "down_bytes": moved[OUT] / (steps * (shards + workers - 1)),
        "step_worker_in_bytes": moved[IN] / (steps * workers), "step_worker_out_bytes": moved[OUT] / (steps * workers),
    }  # fmt: skip


def control_report(steps: int, tasks: int, moved: dict[str, int], idle: dict[str, float]) -> dict[str, Any]:
    """Return what the control server moved, a step and a task; a chord's callback is a task, too."""
    return {
        "tasks": tasks, "in_bytes": moved[IN], "out_bytes": moved[OUT],
        "step_in_bytes": moved[IN] / steps, "step_out_bytes": moved[OUT] / steps,
        "task_in_bytes": moved[IN] / tasks, "task_out_bytes": moved[OUT] / tasks,
        "idle_in_bytes_per_second": idle[IN], "idle_out_bytes_per_second": idle[OUT],
    }  # fmt: skip


def all_ratios(plan: Plan, span: Span, workers: int, tasks: int, moved: Sequence[dict[str, int]]) -> dict[str, float]:
    """Return what both servers moved, over payloads, snapshots and what bare Celery would add for the tasks."""
    expected = expected_blob_bytes(plan, span, workers)
    return {
        "in": (moved[0][IN] + moved[1][IN]) / (expected[IN] + tasks * CELERY_IN_BYTES),
        "out": (moved[0][OUT] + moved[1][OUT]) / (expected[OUT] + tasks * CELERY_OUT_BYTES),
    }


def show(report: Report) -> None:
    """Print a line for each run."""
    print(
        f"{report['workers']} workers, {report['shards']} shards, {report['steps']} steps, "
        f"{report['cores']} cores of {report['machine']}"
    )
    sizes, tail = ("payload MB", "up", "down"), ("kB/task in", "out", "peak MB", "bound", "seconds", "twice")
    heads = (*sizes, "in ratio", "out", "all in", "all out", *tail)
    print(f"{'network':<8} {'codec':<16}" + "".join(f"{head:>11}" for head in heads))
    for row in report["results"]:
        blobs, control, memory, ratio = row["blobs"], row["control"], row["memory"], row["all_ratio"]
        megabytes = [blobs[f"{name}_bytes"] / 1e6 for name in ("payload", "up", "down")]
        ratios = [blobs["in_ratio"], blobs["out_ratio"], ratio["in"], ratio["out"]]
        kilobytes = [control["task_in_bytes"] / 1e3, control["task_out_bytes"] / 1e3]
        peak = [memory["peak_bytes"] / 1e6, memory["bound_bytes"] / 1e6]
        numbers = [f"{value:>11.4f}" for value in [*megabytes, *ratios]]
        numbers += [f"{value:>11.2f}" for value in [*kilobytes, *peak, row["seconds"]]]
        print(f"{row['network']:<8} {row['codec']:<16}" + "".join(numbers) + f"{row['duplicate_shards']:>11}")


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", default="lenet", help="lenet, vgg16 (its size without its arithmetic), or both")
    parser.add_argument("--codecs", default="dynamic8,ternary", help="codecs, with commas between")
    parser.add_argument("--steps", type=int, default=50, help="steps that are measured")
    parser.add_argument("--workers", type=int, default=2, help="worker processes")
    parser.add_argument("--shards", type=int, default=2, help="parts of a batch; at least as many as workers")
    parser.add_argument("--json", metavar="FILE", help="write the report to FILE; - prints nothing else")
    arguments = parser.parse_args()
    if unknown := set(arguments.network.split(",")) - set(NETWORKS):
        parser.error(f"--network: expected some of {', '.join(NETWORKS)}, got {', '.join(sorted(unknown))}")
    if arguments.shards < arguments.workers:
        parser.error(f"--shards: expected at least one a worker ({arguments.workers}), got {arguments.shards}")
    publish(measure(arguments), show, arguments.json)


if __name__ == "__main__":
    main()
