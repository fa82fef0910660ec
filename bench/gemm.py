"""GFLOP/s of float32 matrix products on this machine, beside NumPy on the same cores.

    python bench/gemm.py [--turns 7] [--seconds 0.03] [--quick] [--device D] [--json FILE|-]

The shapes (M, K) by (K, N) are squares and the products inside three networks: LeNet's for a batch of 64, VGG16's and
ResNet152's for one image, a convolution being (OH * OW, KH * KW * C) by (KH * KW * C, O), and for 8 images in linear
layers. The operands wait on the device, the result is waited for, and copying to panels counts. NumPy is timed as
installed, with all its threads, and once more with the OPENBLAS_CORETYPE that multiplies fastest here. Each side runs
in a process of its own, which is stopped while another is timed: the threads of OpenBLAS look for work for 110 ms after
each product, and would take the cores from the others. A figure is the median over the turns; a ratio over 1 means that
mathcore is faster. Small squares are timed too, but are in no mean.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.matrix import CORETYPES, time_call
from bench.reports import publish
from bench.sides import Side, SideEndedError, processor

Shape = tuple[int, int, int]
"""M, K, N."""

SMALL = (16, 32, 64, 96, 128)
SQUARES = (256, 384, 512, 768, 1024, 1536, 2048)
SHAPES: dict[str, tuple[Shape, ...]] = {
    "squares": tuple((n, n, n) for n in SQUARES),
    "lenet": ((36864, 25, 20), (4096, 500, 50), (64, 800, 500), (64, 500, 10)),
    "vgg16": (
        (50176, 27, 64), (50176, 576, 64), (12544, 576, 128), (12544, 1152, 128), (3136, 1152, 256), (3136, 2304, 256),
        (784, 2304, 512), (784, 4608, 512), (196, 4608, 512), (8, 25088, 4096), (8, 4096, 4096), (8, 4096, 1000),
    ),
    "resnet152": (
        (12544, 147, 64), (3136, 64, 64), (3136, 576, 64), (3136, 64, 256), (3136, 256, 64), (784, 256, 128),
        (784, 1152, 128), (784, 128, 512), (784, 256, 512), (784, 512, 128), (196, 512, 256), (196, 2304, 256),
        (196, 256, 1024), (196, 512, 1024), (196, 1024, 256), (49, 1024, 512), (49, 4608, 512), (49, 512, 2048),
        (49, 1024, 2048), (49, 2048, 512), (8, 2048, 1000),
    ),
}  # fmt: skip
QUICK: dict[str, tuple[Shape, ...]] = {"squares": ((256, 256, 256),), "lenet": ((64, 500, 10), (64, 800, 500))}

SIDES = ("mathcore", "numpy", "numpy best")
PROBE: Shape = (768, 768, 768)
"""The product that tells which kernels of OpenBLAS are best."""
TOLERANCE = 1e-5
"""Of the largest element: sums of a few thousand products in float32, in another order."""

Multiply = Callable[[], Any]
"""Makes the product once and waits until it is done."""


def make_operands(shape: Shape) -> tuple[np.ndarray, np.ndarray]:
    """Return the host matrices (M, K) and (K, N), normally distributed float32."""
    generator = np.random.default_rng(0)
    rows, inner, columns = shape
    return (
        generator.standard_normal((rows, inner), dtype=np.float32),
        generator.standard_normal((inner, columns), dtype=np.float32),
    )


def prepare_mathcore(device: str | None) -> tuple[Callable[[Shape], Multiply], str]:
    """Return what makes the product of a shape, its result checked, and the name of the device."""
    from mathcore import backends

    backend = backends.create("opencl", device=device)

    def prepare(shape: Shape) -> Multiply:
        a, b = make_operands(shape)
        on_device = backend.asarray(a), backend.asarray(b)
        expected = a @ b
        error = np.abs(backend.matmul(*on_device).numpy() - expected).max() / np.abs(expected).max()
        if not error <= TOLERANCE:
            raise SystemExit(f"{shape}: expected the product that NumPy makes, got one {error} off; run the tests")

        def multiply() -> None:
            backend.matmul(*on_device)
            backend.synchronize()

        return multiply

    return prepare, f"mathcore/{backend.device}/{backend.equivalence_class}"


def prepare_numpy() -> tuple[Callable[[Shape], Multiply], str]:
    """Return what makes the product of a shape, and the version of NumPy and its BLAS library."""
    import threadpoolctl

    def prepare(shape: Shape) -> Multiply:
        a, b = make_operands(shape)
        return lambda: a @ b

    blas = "".join(
        f"/{pool['internal_api']} {pool['version']}/{pool.get('architecture', platform.machine())}/"
        f"{pool['num_threads']}-threads"
        for pool in threadpoolctl.threadpool_info()
        if pool["user_api"] == "blas"
    )
    return prepare, f"numpy/{np.__version__}{blas}"


def serve(side: str, device: str | None) -> None:
    """Answer each line, a shape and seconds, with the seconds of a product."""
    prepare, version = prepare_mathcore(device) if side == "mathcore" else prepare_numpy()
    print(version, flush=True)
    current: tuple[Shape | None, Multiply] = (None, lambda: None)
    for line in sys.stdin:
        shape, seconds = json.loads(line)
        if current[0] != shape:
            current = (shape, prepare(shape))
        print(time_call(current[1], seconds), flush=True)


def ask(side: Side, shape: Shape, seconds: float) -> float:
    """Return the seconds of a product by a side."""
    return float(side.ask(json.dumps([shape, seconds])))


def start(side: str, device: str | None, environment: dict[str, str] | None = None) -> Side:
    """Start the process of a side."""
    command = [sys.executable, __file__, "--serve", side]
    return Side(command + (["--device", device] if device else []), environment)


def best_coretype() -> str | None:
    """Return the name of the kernels of OpenBLAS that multiply fastest; None: there is no choice.

    Those that the processor cannot run end their process.
    """
    found: dict[str, float] = {}
    for coretype in CORETYPES.get(platform.machine(), ()):
        try:
            side = start("numpy", None, {"OPENBLAS_CORETYPE": coretype})
            found[coretype] = min(ask(side, PROBE, 0.02) for _ in range(3))
            side.stop()
        except SideEndedError:
            continue
    return min(found, key=lambda name: found[name]) if found else None


def start_sides(device: str | None) -> dict[str, Side]:
    """Start all sides."""
    coretype = best_coretype()
    environment = {"OPENBLAS_CORETYPE": coretype} if coretype else None
    alone = {"OPENBLAS_NUM_THREADS": "1"}  # of the product that the result is compared with
    sides = start("mathcore", device, alone), start("numpy", device), start("numpy", device, environment)
    return dict(zip(SIDES, sides, strict=True))


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Let the sides take turns and return the report."""
    groups = QUICK if arguments.quick else SHAPES
    small = [(n, n, n) for n in SMALL]
    sides = start_sides(arguments.device)
    try:
        rows = {
            group: [time_shape(sides, shape, arguments) for shape in shapes] for group, shapes in groups.items()
        }
        small_rows = [time_shape(sides, shape, arguments) for shape in small]
    finally:
        for side in sides.values():
            side.stop()
    all_rows = [row for group in rows.values() for row in group]
    return {
        "machine": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "turns": arguments.turns,
        "versions": {name: side.version for name, side in sides.items()},
        "geomean_ratio": geometric_mean([row["ratio"] for row in all_rows]),
        "geomean_ratio_best": geometric_mean([row["ratio_best"] for row in all_rows]),
        "geomean_ratios": {
            group: [geometric_mean([row[name] for row in part]) for name in ("ratio", "ratio_best")]
            for group, part in rows.items()
        },
        "least_ratio": min(row["ratio"] for row in all_rows),
        "shapes": rows,
        "small": small_rows,
    }


def time_shape(sides: dict[str, Side], shape: Shape, arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the medians of one shape."""
    turns: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(arguments.turns):
        for name, side in sides.items():
            turns[name].append(ask(side, shape, arguments.seconds))
    seconds = {name: statistics.median(values) for name, values in turns.items()}
    best = min(seconds["numpy"], seconds["numpy best"])
    operations = 2 * shape[0] * shape[1] * shape[2]
    return {
        "shape": list(shape),
        "gflops": {name: round(operations / value / 1e9, 1) for name, value in seconds.items()},
        "microseconds": {name: round(value * 1e6, 1) for name, value in seconds.items()},
        "ratio": round(seconds["numpy"] / seconds["mathcore"], 3),
        "ratio_best": round(best / seconds["mathcore"], 3),
    }


def geometric_mean(values: Sequence[float]) -> float:
    """Return the geometric mean, to three places."""
    return round(statistics.geometric_mean(values), 3)


def show(report: dict[str, Any]) -> None:
    """Print the report for people."""
    print(f"{report['machine']}, {report['cores']} cores; GFLOP/s, medians of {report['turns']} turns")
    for side, version in report["versions"].items():
        print(f"  {side:12} {version}")
    print(f"  {'M x K x N':24} {'mathcore':>10} {'NumPy':>8} {'best':>8} {'ratio':>8} {'to best':>8}")
    for group, rows in (*report["shapes"].items(), ("small", report["small"])):
        print(f"  {group}")
        for row in rows:
            figures = " ".join(f"{value:8.1f}" for value in row["gflops"].values())
            name = " x ".join(str(length) for length in row["shape"])
            print(f"    {name:24} {figures} {row['ratio']:8.2f} {row['ratio_best']:8.2f}")
    means = ", ".join(f"{group} {ratio:.2f} ({best:.2f})" for group, (ratio, best) in report["geomean_ratios"].items())
    print(f"  geometric means of the ratios: {means}")
    print(f"  over all: {report['geomean_ratio']:.2f}, to the best of NumPy {report['geomean_ratio_best']:.2f}")


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=7, help="turns of each side and shape")
    parser.add_argument("--seconds", type=float, default=0.03, help="length of a turn")
    parser.add_argument("--quick", action="store_true", help="few shapes, two short turns: whether it runs")
    parser.add_argument("--device", help="index or part of the name of the OpenCL device")
    parser.add_argument("--json", metavar="FILE", help="write the report to FILE; - prints nothing else")
    parser.add_argument("--serve", choices=("mathcore", "numpy"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve, arguments.device)
        return
    if arguments.quick:
        arguments.turns, arguments.seconds = 2, 0.005
    publish(measure(arguments), show, arguments.json)


if __name__ == "__main__":
    main()
