"""GFLOP/s of 3 x 3 and 5 x 5 convolutions with stride 1 on this machine: Winograd's, and direct ones beside them.

    python bench/convolution.py [--turns 5] [--networks vgg16,resnet,lenet] [--device D] [--json FILE|-]

All three passes, for a batch of 8 (LeNet: 64), counted in the multiplications and additions of a direct convolution; so
a figure of Winograd's may be above the peak of the processor. The arrays wait on the device, the result is waited
for, transforming the weights counts. The two are timed in turn, a figure is the best of the turns.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.reports import Report, publish
from mathcore.array import NDArray
from mathcore.backends.geometry import Geometry, geometry
from mathcore.backends.opencl import convolution_direct, convolution_gemm, winograd
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.backends.opencl.convolution_plan import LEAST_CHANNELS

Shape = tuple[int, int, int, int, int, int]
"""Batch, side of the images, channels, outputs, side of the filter, pad."""

SHAPES: dict[str, tuple[Shape, ...]] = {
    "vgg16": (
        (8, 224, 64, 64, 3, 1), (8, 112, 64, 128, 3, 1), (8, 112, 128, 128, 3, 1), (8, 56, 128, 256, 3, 1),
        (8, 56, 256, 256, 3, 1), (8, 28, 256, 512, 3, 1), (8, 28, 512, 512, 3, 1), (8, 14, 512, 512, 3, 1),
    ),
    "resnet": ((8, 56, 64, 64, 3, 1), (8, 28, 128, 128, 3, 1), (8, 14, 256, 256, 3, 1), (8, 7, 512, 512, 3, 1)),
    "lenet": ((64, 12, 20, 50, 5, 0),),
}  # fmt: skip
PASSES = ("forward", "data_gradient", "weight_gradient")


def time_shape(backend: OpenCLBackend, shape: Shape, turns: int) -> dict[str, dict[str, float]]:
    """Return GFLOP/s by pass and kind of kernels."""
    count, size, channels, outputs, side, pad = shape
    form = geometry(
        "bench", (count, size, size, channels), (side, side, channels, outputs), stride=(1, 1), pad=(pad, pad)
    )
    direct = convolution_gemm if min(channels, outputs) >= LEAST_CHANNELS else convolution_direct
    calls = {"winograd": passes(backend, winograd, form), "direct": passes(backend, direct, form)}
    operations = 2 * np.prod(form.y_shape) * channels * side * side / 1e9
    rows: dict[str, dict[str, float]] = {}
    for name in PASSES:
        best = {kind: min(timed) for kind, timed in in_turn(backend, calls, name, turns).items()}
        rows[name] = {kind: float(operations / seconds) for kind, seconds in best.items()}
    return rows


def in_turn(
    backend: OpenCLBackend, calls: dict[str, dict[str, Callable[[], None]]], name: str, turns: int
) -> dict[str, list[float]]:
    """Return the seconds of each turn, by kind of kernels; the first turn, which compiles, is left out."""
    seconds: dict[str, list[float]] = {kind: [] for kind in calls}
    for _ in range(turns + 1):
        for kind in calls:
            started = time.perf_counter()
            calls[kind][name]()
            backend.queue.finish()
            seconds[kind].append(time.perf_counter() - started)
    return {kind: timed[1:] for kind, timed in seconds.items()}


def passes(backend: OpenCLBackend, kernels: object, form: Geometry) -> dict[str, Callable[[], None]]:
    """Return the three passes by name, of arrays made once."""
    queue, module = backend.queue, vars(kernels)
    x, w, dy, b = (uniform(backend, shape) for shape in (form.x_shape, form.w_shape, form.y_shape, form.y_shape[3:]))
    y, dx, dw, db = (backend.empty(array.shape) for array in (dy, x, w, b))
    return {
        "forward": lambda: module["forward"](queue, x.data, w.data, b.data, y.data, shape=form, activation="relu"),
        "data_gradient": lambda: module["data_gradient"](queue, dy.data, w.data, dx.data, shape=form),
        "weight_gradient": lambda: module["weight_gradient"](queue, x.data, dy.data, dw.data, db.data, shape=form),
    }


def uniform(backend: OpenCLBackend, shape: tuple[int, ...]) -> NDArray:
    """Return random numbers between -1 and 1."""
    return backend.asarray(np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32))


def show(report: Report) -> None:
    """Print one line a shape: GFLOP/s of Winograd's kernels, and times the speed of direct ones."""
    print(report["device"])
    print(f"{'':30}" + "".join(f"{name:>22}" for name in PASSES))
    for row in report["rows"]:
        cells = [row[name] for name in PASSES]
        figures = [f"{cell['winograd']:.0f} ({cell['winograd'] / cell['direct']:.2f})" for cell in cells]
        print(f"{row['shape']:30}" + "".join(f"{figure:>22}" for figure in figures))


def main() -> None:
    """Time all shapes of the networks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--networks", default=",".join(SHAPES))
    parser.add_argument("--device")
    parser.add_argument("--json")
    arguments = parser.parse_args()
    backend = OpenCLBackend(device=arguments.device)
    rows = []
    for network in arguments.networks.split(","):
        for shape in SHAPES[network]:
            count, size, channels, outputs, side, _ = shape
            name = f"{network} {count}x{size}x{size}x{channels} {side}x{side} {outputs}"
            rows.append({"shape": name, **time_shape(backend, shape, arguments.turns)})
    publish({"device": backend.device, "rows": rows}, show, arguments.json)


if __name__ == "__main__":
    main()
