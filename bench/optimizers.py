"""Bytes/s of a step of every optimizer on VGG16's parameter vector, beside a copy of it on the same device.

    python bench/optimizers.py [--size 138357760] [--repeats 5] [--backend opencl] [--device D] [--json FILE|-]

Counted is what a step must move: parameters, gradient and state read, parameters and state written; with clip_norm the
gradient once more. Median of the repeats.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.reports import Report, publish
from mathcore import backends, optimizers
from mathcore.array import NDArray
from mathcore.backends.base import Backend

CASES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("sgd", {}), ("momentum", {"weight_decay": 5e-4}), ("nesterov", {}), ("adagrad", {}), ("rmsprop", {}),
    ("adadelta", {}), ("adam", {}), ("adamw", {}), ("momentum", {"clip_norm": 1.0}),
)  # fmt: skip


def seconds(backend: Backend, work: Callable[[], None], repeats: int) -> float:
    """Return the median time of ``work``, run once before to compile and to touch memory."""
    times = []
    for _ in range(repeats + 1):
        backend.synchronize()
        start = time.perf_counter()
        work()
        backend.synchronize()
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def filled(backend: Backend, size: int, seed: int) -> NDArray:
    """Return a vector of small random numbers that repeat after a million."""
    part = np.random.default_rng(seed).standard_normal(min(size, 1 << 20)).astype(np.float32)
    return backend.asarray(np.resize(part * np.float32(0.01), size))


def row(name: str, bytes_moved: int, taken: float) -> dict[str, Any]:
    """Return one result."""
    rate = round(bytes_moved / taken / 1e9, 1)
    return {"name": name, "milliseconds": round(taken * 1e3, 2), "gigabytes_per_second": rate}


def measure(backend: Backend, size: int, repeats: int) -> list[dict[str, Any]]:
    """Return a row for a copy and for every case."""
    w, g = filled(backend, size, 0), filled(backend, size, 1)
    total = backend.zeros((size,))
    rows = [
        row("copy", 8 * size, seconds(backend, lambda: backend.copy(g, total), repeats)),
        row("accumulate", 12 * size, seconds(backend, lambda: backend.accumulate(total, g, 0.5), repeats)),
    ]
    for name, settings in CASES:
        optimizer = optimizers.create(name, learning_rate=1e-6, **settings)
        state = backend.zeros((optimizer.state_size(size),))
        vectors = 3 + 2 * len(optimizer.slots) + ("clip_norm" in settings)

        def step(optimizer: optimizers.Optimizer = optimizer, state: NDArray = state) -> None:
            optimizer.update(w, state, g, step=3)

        rows.append(row(" ".join((name, *settings)), 4 * vectors * size, seconds(backend, step, repeats)))
    return rows


def show(report: Report) -> None:
    """Print a table."""
    print(f"{report['device']}, {report['size']:,} parameters")
    for result in report["results"]:
        print(f"{result['name']:22}{result['milliseconds']:10.2f} ms{result['gigabytes_per_second']:10.1f} GB/s")


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=138_357_760)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--backend", default="opencl")
    parser.add_argument("--device")
    parser.add_argument("--json", metavar="FILE", help="write the report to FILE; - is stdout")
    arguments = parser.parse_args()
    options = {} if arguments.backend == "numpy" else {"device": arguments.device}
    backend = backends.create(arguments.backend, **options)
    results = measure(backend, arguments.size, arguments.repeats)
    publish({"device": backend.device, "size": arguments.size, "results": results}, show, arguments.json)


if __name__ == "__main__":
    main()
