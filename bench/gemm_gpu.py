"""GFLOP/s of float32 matrix products through the GPU kernels, however the operands lie.

    python bench/gemm_gpu.py [--sizes 1024 2048 4096 8192] [--shapes 64x4096x4096 ...] [--turns 5] [--seconds 0.05]
                             [--device D] [--json FILE|-]

A shape is rows x columns x inner. Operands are random and stay on the device; a turn makes products for about so many
seconds and waits for the last, and a figure is the median over the turns. Before it is timed, some rows of each product
are compared with NumPy in float64.
"""

from __future__ import annotations

import argparse
import datetime
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.reports import publish
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.backends.opencl.matmul_gpu import make_plan, multiply

LAYOUTS = {"A B": (False, False), "A B^T": (False, True), "A^T B": (True, False), "A^T B^T": (True, True)}
"""Which operands lie transposed in memory."""
SIZES = [1024, 2048, 4096, 8192]
CHECKED_ROWS = 16
TOLERANCE = 1e-5
"""Of the largest |y|."""


def parse_shape(text: str) -> tuple[int, int, int]:
    """Return rows, columns and inner of ``4096x1000x4096``."""
    rows, columns, inner = map(int, text.split("x"))
    return rows, columns, inner


def measure_shape(
    backend: OpenCLBackend, shape: tuple[int, int, int], turns: int, seconds: float
) -> dict[str, dict[str, Any]]:
    """Return the figures of each layout: GFLOP/s, the tile, the number of chunks and the largest error."""
    rows, columns, inner = shape
    generator = np.random.default_rng(0)
    a, b = generator.standard_normal((rows, inner), np.float32), generator.standard_normal((inner, columns), np.float32)
    some = np.unique(np.linspace(0, rows - 1, CHECKED_ROWS).astype(int))
    exact = a[some].astype(np.float64) @ b.astype(np.float64)
    figures = {}
    for layout, (transpose_a, transpose_b) in LAYOUTS.items():
        x = backend.asarray(np.ascontiguousarray(a.T if transpose_a else a))
        w = backend.asarray(np.ascontiguousarray(b.T if transpose_b else b))
        y = backend.asarray(np.full((rows, columns), np.nan, np.float32))

        def call(x: Any = x, w: Any = w, y: Any = y, turned: tuple[bool, bool] = (transpose_a, transpose_b)) -> None:
            multiply(
                backend.queue, x.data, w.data, y.data,
                rows=rows, columns=columns, inner=inner, transpose_a=turned[0], transpose_b=turned[1],
            )  # fmt: skip

        call()
        error = float(np.abs(y.numpy()[some] - exact).max() / np.abs(exact).max())
        if not error <= TOLERANCE:
            raise SystemExit(f"{layout} {shape}: expected an error of at most {TOLERANCE}, got {error}; run the tests")
        speeds = [2e-9 * rows * columns * inner / time_call(backend, call, seconds) for _ in range(turns)]
        plan = make_plan(rows, columns, inner, transpose_a, transpose_b)
        figures[layout] = {
            "gflops": round(statistics.median(speeds), 1),
            "range": [round(min(speeds), 1), round(max(speeds), 1)],
            "tile": f"{plan.tile.rows}x{plan.tile.columns}",
            "chunks": plan.chunks,
            "error": error,
        }
    return figures


def time_call(backend: OpenCLBackend, call: Callable[[], None], seconds: float) -> float:
    """Return the mean seconds of a call, repeated for about so many seconds."""
    call()
    backend.queue.finish()
    started = time.perf_counter()
    call()
    backend.queue.finish()
    calls = max(2, round(seconds / (time.perf_counter() - started)))
    started = time.perf_counter()
    for _ in range(calls):
        call()
    backend.queue.finish()
    return (time.perf_counter() - started) / calls


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the report."""
    backend = OpenCLBackend(device=arguments.device)
    shapes = [(size, size, size) for size in arguments.sizes] + arguments.shapes
    device = backend.queue.device
    return {
        "device": device.name.strip(),
        "driver": device.driver_version,
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "turns": arguments.turns,
        "shapes": {
            "x".join(map(str, shape)): measure_shape(backend, shape, arguments.turns, arguments.seconds)
            for shape in shapes
        },
    }


def show(report: dict[str, Any]) -> None:
    """Print the report for people."""
    print(f"{report['device']}, driver {report['driver']}, {report['date']}")
    print(f"GFLOP/s of products, medians of {report['turns']} turns")
    print(f"  {'rows x columns x inner':24}" + "".join(f"{layout:>11}" for layout in LAYOUTS) + "   tile, chunks")
    for shape, figures in report["shapes"].items():
        first = figures["A B"]
        speeds = "".join(f"{figures[layout]['gflops']:11,.0f}" for layout in LAYOUTS)
        print(f"  {shape:24}{speeds}   {first['tile']}, {first['chunks']}")


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="sides of square products")
    parser.add_argument("--shapes", type=parse_shape, nargs="*", default=[], help="rows x columns x inner of others")
    parser.add_argument("--turns", type=int, default=5, help="turns of each product")
    parser.add_argument("--seconds", type=float, default=0.05, help="length of a turn")
    parser.add_argument("--device", help="index or part of the name of the OpenCL device")
    parser.add_argument("--json", metavar="FILE", help="write the report to FILE; - prints nothing else")
    arguments = parser.parse_args()
    publish(measure(arguments), show, arguments.json)


if __name__ == "__main__":
    main()
