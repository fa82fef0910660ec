"""Milliseconds of four matrix operations, beside NumPy on the same machine.

    python bench/matrix.py [--turns 15] [--seconds 0.1] [--quick] [--device D] [--json FILE|-]

The operations are those of Table 1 of Hidaka, Miura and Harada (2017): the sum and the logarithm of float32 matrices of
1000 x 1000, and two products. mathcore is timed with its operands on the device already and the result waited for
there, and again with the way to the device and back. NumPy is timed as installed, with all its threads, and once more
with the OPENBLAS_CORETYPE that multiplies fastest here. Each side runs in a process of its own, which is stopped while
another is timed; a figure is the median over the turns. A ratio over 1 means that mathcore is faster.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.reports import publish
from bench.sides import Side, SideEndedError, processor

SQUARE = (1000, 1000)
TASKS: dict[str, tuple[tuple[int, int], ...]] = {
    "add 1000x1000": (SQUARE, SQUARE),
    "log 1000x1000": (SQUARE,),
    "product 1000x100 100x10": ((1000, 100), (100, 10)),
    "product 1000x1000 1000x1000": (SQUARE, SQUARE),
}
"""The shapes of the operands."""

CORETYPES = {
    "x86_64": ("Haswell", "Zen", "SkylakeX", "Cooperlake", "SapphireRapids"),
    "aarch64": ("ARMV8", "NEOVERSEN1", "NEOVERSEV1", "NEOVERSEN2"),
}
"""Processors that OpenBLAS has kernels for, by kind of machine."""

SMALL_CALLS = 2000
TOLERANCE = 1e-4
"""Relative, for sums of 1000 products of positive numbers; a wrong kernel is off by far more."""

Call = Callable[[], Any]
"""Computes once and waits until it is done."""


def make_operands(task: str) -> list[np.ndarray]:
    """Return the host matrices of a task: float32 in [0.5, 1.5)."""
    generator = np.random.default_rng(0)
    return [generator.random(shape, np.float32) + np.float32(0.5) for shape in TASKS[task]]


def apply(task: str, log: Callable[[Any], Any], operands: list[Any]) -> Any:
    """Return the result of a task on operands of either side."""
    if task.startswith("add"):
        return operands[0] + operands[1]
    return log(operands[0]) if task.startswith("log") else operands[0] @ operands[1]


def prepare_mathcore(device: str | None) -> tuple[dict[str, Call], str]:
    """Return the calls, with transfers and without, and the device's name; checks the results."""
    import mathcore

    place = mathcore.device(f"opencl:{device}" if device else "opencl")

    def prepare(task: str) -> tuple[Call, Call]:
        host = make_operands(task)
        operands = [mathcore.asarray(x, device=place) for x in host]

        def on_device() -> None:
            apply(task, mathcore.log, operands)
            place.backend.synchronize()

        def with_transfers() -> Any:
            return apply(task, mathcore.log, [mathcore.asarray(x, device=place) for x in host]).numpy()

        if not np.allclose(with_transfers(), apply(task, np.log, host), rtol=TOLERANCE, atol=TOLERANCE):
            raise SystemExit(f"{task}: expected the result of NumPy, got another; run the tests of the device")
        return on_device, with_transfers

    calls: dict[str, Call] = {}
    for task in TASKS:
        calls[task], calls[f"{task} with transfers"] = prepare(task)
    calls["overhead"] = lambda: measure_overhead(place)
    return calls, f"mathcore/{place.name}/{place.backend.equivalence_class}"


def measure_overhead(place: Any) -> dict[str, float]:
    """Return the microseconds of adding two arrays of one element, and of its parts, each a median.

    ``python`` is all that comes before the kernel is handed over, ``enqueue`` is ``DeviceQueue.launch``, and ``wait``
    is the rest: the driver starts the kernel, runs it and wakes the process.
    """
    import mathcore

    x = mathcore.asarray(np.ones(1, np.float32), device=place)
    queue, launch = place.backend.queue, place.backend.queue.launch
    parts: dict[str, list[float]] = {"python": [], "enqueue": [], "wait": [], "total": []}
    launched: list[float] = []

    def timed_launch(*args: Any) -> None:
        launched.append(time.perf_counter())
        launch(*args)
        launched.append(time.perf_counter())

    queue.launch = timed_launch
    try:
        for _ in range(SMALL_CALLS):
            launched.clear()
            started = time.perf_counter()
            x + x
            called = time.perf_counter()
            place.backend.synchronize()
            done = time.perf_counter()
            enqueue = launched[1] - launched[0]
            parts["python"].append(called - started - enqueue)
            parts["enqueue"].append(enqueue)
            parts["wait"].append(done - called)
            parts["total"].append(done - started)
    finally:
        del queue.launch
    return {part: round(statistics.median(seconds) * 1e6, 1) for part, seconds in parts.items()}


def prepare_numpy() -> tuple[dict[str, Call], str]:
    """Return the calls and the version of NumPy and its BLAS library."""
    import threadpoolctl

    def prepare(task: str) -> Call:
        operands = make_operands(task)
        return lambda: apply(task, np.log, operands)

    blas = "".join(
        f"/{pool['internal_api']} {pool['version']}/{pool.get('architecture', platform.machine())}/"
        f"{pool['num_threads']}-threads"
        for pool in threadpoolctl.threadpool_info()
        if pool["user_api"] == "blas"
    )
    return {task: prepare(task) for task in TASKS}, f"numpy/{np.__version__}{blas}"


def serve(side: str, device: str | None) -> None:
    """Warm up one side, then answer each line, a question and seconds, with the milliseconds of a call."""
    calls, version = prepare_mathcore(device) if side == "mathcore" else prepare_numpy()
    for task in TASKS:
        calls[task]()
    print(version, flush=True)
    for line in sys.stdin:
        question, seconds = json.loads(line)
        if question == "overhead":
            print(json.dumps(calls[question]()), flush=True)
        else:
            print(time_call(calls[question], seconds) * 1e3, flush=True)


def time_call(call: Call, seconds: float) -> float:
    """Return the mean seconds of a call, repeated for about so many seconds."""
    call()
    started = time.perf_counter()
    call()
    calls = max(1, round(seconds / (time.perf_counter() - started)))
    started = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - started) / calls


def ask(side: Side, question: str, seconds: float) -> Any:
    """Return the answer of a side."""
    return json.loads(side.ask(json.dumps([question, seconds])))


def start(side: str, arguments: argparse.Namespace, environment: dict[str, str] | None = None) -> Side:
    """Start the process of a side."""
    command = [sys.executable, __file__, "--serve", side]
    return Side(command + (["--device", arguments.device] if arguments.device else []), environment)


def start_best_numpy(arguments: argparse.Namespace) -> Side:
    """Return NumPy with the kernels that multiply fastest; those that the processor cannot run end their process."""
    sides, milliseconds = [], []
    *_, product = TASKS
    for coretype in CORETYPES.get(platform.machine(), ()):
        try:
            side = start("numpy", arguments, {"OPENBLAS_CORETYPE": coretype})
            milliseconds.append(min(ask(side, product, arguments.seconds) for _ in range(3)))
            sides.append(side)
        except SideEndedError:
            continue
    if not sides:
        return start("numpy", arguments)
    best = sides[milliseconds.index(min(milliseconds))]
    for side in sides:
        if side is not best:
            side.stop()
    return best


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Let the sides take turns and return the report."""
    ours = start("mathcore", arguments)
    numpy, best = start("numpy", arguments), start_best_numpy(arguments)
    columns = {
        "milliseconds": (ours, "{}"),
        "milliseconds_with_transfers": (ours, "{} with transfers"),
        "numpy_milliseconds": (numpy, "{}"),
        "numpy_best_milliseconds": (best, "{}"),
    }
    turns: dict[str, dict[str, list[float]]] = {task: {column: [] for column in columns} for task in TASKS}
    try:
        for _ in range(arguments.turns):
            for task in TASKS:
                for column, (side, question) in columns.items():
                    turns[task][column].append(ask(side, question.format(task), arguments.seconds))
        overhead = ask(ours, "overhead", arguments.seconds)
    finally:
        for side in (ours, numpy, best):
            side.stop()
    return {
        "machine": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "device": ours.version.split("/")[1],
        "turns": arguments.turns,
        "versions": {"mathcore": ours.version, "numpy": numpy.version, "numpy best": best.version},
        "tasks": {task: compare(columns) for task, columns in turns.items()},
        "call_overhead_us": overhead,
    }


def compare(turns: dict[str, list[float]]) -> dict[str, Any]:
    """Return the medians of one task, their ranges and the ratios."""
    medians = {column: statistics.median(values) for column, values in turns.items()}
    ours, with_transfers, numpy, best = medians.values()
    best = medians["numpy_best_milliseconds"] = min(numpy, best)
    return {
        **{column: round(value, 4) for column, value in medians.items()},
        "ratio_without_transfers": round(numpy / ours, 2),
        "ratio_with_transfers": round(numpy / with_transfers, 2),
        "ratio_to_best": round(best / ours, 2),
        "ranges": {column: [round(min(values), 4), round(max(values), 4)] for column, values in turns.items()},
    }


def show(report: dict[str, Any]) -> None:
    """Print the report for people."""
    print(f"{report['machine']}, {report['cores']} cores, device {report['device']}")
    print(f"milliseconds, medians of {report['turns']} turns")
    for side, version in report["versions"].items():
        print(f"  {side:12} {version}")
    print(f"  {'':28} mathcore  +transfers    NumPy     best     ratio  +transfers  to best")
    for task, row in report["tasks"].items():
        times = "".join(f"{value:10.3f}" for value in list(row.values())[:4])
        print(
            f"  {task:27}{times}{row['ratio_without_transfers']:10.2f}{row['ratio_with_transfers']:10.2f}"
            f"{row['ratio_to_best']:10.2f}"
        )
    parts = ", ".join(f"{part} {value:.1f}" for part, value in report["call_overhead_us"].items())
    print(f"  one small call, microseconds: {parts}")


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=15, help="turns of each side and task")
    parser.add_argument("--seconds", type=float, default=0.1, help="length of a turn")
    parser.add_argument("--quick", action="store_true", help="three short turns: whether it runs, not how fast")
    parser.add_argument("--device", help="index or part of the name of the OpenCL device")
    parser.add_argument("--json", metavar="FILE", help="write the report to FILE; - prints nothing else")
    parser.add_argument("--serve", choices=("mathcore", "numpy"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve, arguments.device)
        return
    if arguments.quick:
        arguments.turns, arguments.seconds = 3, 0.01
    publish(measure(arguments), show, arguments.json)


if __name__ == "__main__":
    main()
