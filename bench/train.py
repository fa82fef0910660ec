"""Images/s and peak memory of training on this machine's processor, beside PyTorch and, for LeNet, ConvNetJS.

    python bench/train.py [--networks lenet,vgg16] [--repeats 5] [--quick] [--device D] [--json FILE|-]

A step is the forward and backward pass, the momentum update and reading the loss, on one batch that comes from the
host: 64 images for LeNet, 8 for the others. Each side runs in a process of its own, which is stopped while another is
timed; they take turns, so that whatever else the machine does hits all alike. The figure of a side is its median over
the turns. PyTorch uses all threads and its fused optimizer, in both of its memory layouts: ``theirs`` is the faster of
them, and the smaller for memory. ConvNetJS comes from the npm registry, if Node and npm are there.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.reports import publish
from bench.sides import Side, processor

PEERS = Path(__file__).resolve().parent / "peers"
CONVNETJS = "convnetjs@0.3.0"
OURS = "nabe"


@dataclass(frozen=True)
class Plan:
    """How one network is timed: images of a batch, steps of a turn, steps before the first."""

    batch: int
    steps: int
    warm_up: int


PLANS = {
    "lenet": Plan(64, 100, 20),
    "vgg16": Plan(8, 1, 1),
    "resnet50": Plan(8, 3, 2),
    "resnet152": Plan(8, 1, 1),
}


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Time every network and return the report."""
    networks = arguments.networks.split(",")
    unknown = set(networks) - set(PLANS)
    if unknown:
        raise SystemExit(f"expected networks of {', '.join(PLANS)}, got {', '.join(sorted(unknown))}")
    reports = [measure_network(network, arguments) for network in networks]
    return {
        "machine": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "repeats": arguments.repeats,
        "results": [result for report in reports for result in report["results"]],
        "memory": [report["memory"] for report in reports],
        "details": {network: report["sides"] for network, report in zip(networks, reports, strict=True)},
    }


def measure_network(network: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Let the sides of one network take turns; return speeds, memory and all that was measured."""
    plan = PLANS[network]
    steps = 1 if arguments.quick else plan.steps
    with started(network, plan, arguments.device) as sides:
        answers: dict[str, list[dict[str, Any]]] = {name: [] for name in sides}
        for _ in range(arguments.repeats):
            for name, side in sides.items():
                answers[name].append(json.loads(side.ask(1 if name == "convnetjs" else steps)))
        versions = {name: side.version for name, side in sides.items()}
    speeds = {
        name: [plan.batch * (1 if name == "convnetjs" else steps) / answer["seconds"] for answer in rows]
        for name, rows in answers.items()
    }
    peaks = {name: rows[-1]["peak_bytes"] for name, rows in answers.items()}
    medians = {name: statistics.median(values) for name, values in speeds.items()}
    pytorch = [name for name in medians if name.startswith("pytorch")]
    peers = {"pytorch": max(medians[name] for name in pytorch)}
    if "convnetjs" in medians:
        peers["convnetjs"] = medians["convnetjs"]
    return {
        "results": [
            {
                "network": network, "batch": plan.batch, "peer": peer, "ours": round(medians[OURS], 3),
                "theirs": round(theirs, 3), "ratio": round(medians[OURS] / theirs, 3),
            }
            for peer, theirs in peers.items()
        ],
        "memory": memory(network, plan.batch, peaks),
        "sides": {
            name: {
                "version": versions[name],
                "images_per_second": [round(value, 3) for value in speeds[name]],
                "peak_bytes": peaks[name],
            }
            for name in medians
        },
    }  # fmt: skip


def memory(network: str, batch: int, peaks: dict[str, int | None]) -> dict[str, Any]:
    """Return the peak resident memory of both sides, PyTorch's smaller one, and their ratio."""
    ours = peaks[OURS]
    known = [value for name, value in peaks.items() if name.startswith("pytorch") and value is not None]
    ratio = round(ours / min(known), 3) if ours is not None and known else None
    return {
        "network": network, "batch": batch, "ours_bytes": ours, "theirs_bytes": min(known, default=None),
        "ratio": ratio,
    }  # fmt: skip


@contextmanager
def started(network: str, plan: Plan, device: str | None) -> Iterator[dict[str, Side]]:
    """Start the processes of all sides for a block, each stopped once it has warmed up."""
    sides: dict[str, Side] = {}
    with tempfile.TemporaryDirectory() as folder:
        try:
            for name, (command, environment) in commands(network, plan, device, Path(folder)).items():
                sides[name] = Side(command, environment)
            yield sides
        finally:
            for side in sides.values():
                side.stop()


def commands(network: str, plan: Plan, device: str | None, folder: Path) -> dict[str, tuple[list[str], dict[str, str]]]:
    """Return command and environment of every side."""
    options = [network, str(plan.batch), str(plan.warm_up)]
    found: dict[str, tuple[list[str], dict[str, str]]] = {
        OURS: ([sys.executable, str(PEERS / "nabe.py"), *options, *([device] if device else [])], {}),
    }
    for layout in ("contiguous", "channels_last"):
        found[f"pytorch {layout}"] = ([sys.executable, str(PEERS / "pytorch.py"), *options, layout], {})
    if network == "lenet" and install_convnetjs(folder):
        node = ["node", str(PEERS / "convnetjs.js"), str(plan.batch), "1"]
        found["convnetjs"] = (node, {"NODE_PATH": str(folder / "node_modules")})
    return found


def install_convnetjs(folder: Path) -> bool:
    """Fetch ConvNetJS into ``folder``; False, with a line on stderr, where that cannot be done."""
    if not (shutil.which("node") and shutil.which("npm")):
        print("convnetjs left out: expected node and npm on the PATH", file=sys.stderr)
        return False
    command = ["npm", "install", "--silent", "--no-audit", "--prefix", str(folder), CONVNETJS]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"convnetjs left out: {done.stderr.strip() or 'npm install failed'}", file=sys.stderr)
    return done.returncode == 0


def show(report: dict[str, Any]) -> None:
    """Print the report for people."""
    print(f"{report['machine']}, {report['cores']} cores; images/s of whole training steps")
    for row in report["results"]:
        print(
            f"  {row['network']:10} batch {row['batch']:3}  {row['ours']:10,.2f}   "
            f"{row['peer']:10} {row['theirs']:10,.2f}   ratio {row['ratio']:.2f}"
        )
    for row in report["memory"]:
        if row["ratio"] is not None:
            print(
                f"  {row['network']:10} peak MB    {row['ours_bytes'] / 1e6:10,.0f}   "
                f"pytorch    {row['theirs_bytes'] / 1e6:10,.0f}   ratio {row['ratio']:.2f}"
            )


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", default=",".join(PLANS), help=f"of {', '.join(PLANS)}, with commas between")
    parser.add_argument("--repeats", type=int, default=5, help="turns of each side")
    parser.add_argument("--quick", action="store_true", help="one step a turn: for a look, not for figures")
    parser.add_argument("--device", help="index or part of the name of the OpenCL device")
    parser.add_argument("--json", metavar="FILE", help="write the report to FILE; - prints nothing else")
    arguments = parser.parse_args()
    publish(measure(arguments), show, arguments.json)


if __name__ == "__main__":
    main()
