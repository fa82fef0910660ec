"""What codecs cost and lose: ns an element of encoding and decoding on both backends, bytes, errors.

    python bench/codecs.py [--size 4194304] [--repeats 9] [--codecs dynamic8 sr4] [--device D] [--json FILE|-]

The NumPy side runs on one thread; OpenCL uses the whole device, and its times contain the copy from or to the host. All
is done in one process, codec by codec, the two backends in turns. Encoding ends with the payload as bytes, decoding
with the vector on the backend. Median and least of the repeats, and the median of the thread's processor time: on a
busy machine that comes nearer to what NumPy takes than the clock does.

Errors are of 1,000,000 uniform numbers of (0, 1), as many normal and as many of Student's t with 3 degrees of freedom:
the mean of |x - y| / |x|, and the norm of x - y over that of x. `identical`: whether both backends gave the same bytes.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.reports import Report, publish
from bench.sides import processor
from mathcore import backends, codecs
from mathcore.array import NDArray
from mathcore.backends.base import Backend
from mathcore.codecs import Codec
from mathcore.random import philox

KEY = codecs.coding_key(1, 2, 3)
ERROR_SIZE = 1_000_000


def nanoseconds(backend: Backend, work: Callable[[], object], size: int) -> tuple[float, float]:
    """Return the ns an element of ``work``, by the clock and of this thread's processor time."""
    backend.synchronize()
    start, start_of_thread = time.perf_counter(), time.thread_time()
    work()
    backend.synchronize()
    return (time.perf_counter() - start) / size * 1e9, (time.thread_time() - start_of_thread) / size * 1e9


def timed(codec: Codec, vectors: dict[str, NDArray], repeats: int) -> dict[str, Any]:
    """Return the times of encoding and decoding on each backend, and whether the bytes are the same."""
    size = next(iter(vectors.values())).size
    payloads = {side: codec.encode(x, KEY) for side, x in vectors.items()}
    times: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for _ in range(repeats + 1):
        for side, x in vectors.items():
            encode, decode = times.setdefault((side, "encode"), []), times.setdefault((side, "decode"), [])
            encode.append(nanoseconds(x.backend, lambda x=x: codec.encode(x, KEY), size))  # type: ignore[misc]
            payload = payloads[side]
            decode.append(
                nanoseconds(x.backend, lambda x=x, p=payload: codec.decode(p, size, x.backend), size)  # type: ignore[misc]
            )
    report: dict[str, Any] = {side: {} for side in vectors}
    for (side, work), all_times in times.items():
        clock, thread = zip(*all_times[1:], strict=True)  # the first touches memory
        report[side][f"{work}_ns"] = round(statistics.median(clock), 2)
        report[side][f"{work}_least_ns"] = round(min(clock), 2)
        report[side][f"{work}_thread_ns"] = round(statistics.median(thread), 2)
    report["identical"] = len(set(payloads.values())) == 1
    return report


def samples() -> dict[str, np.ndarray]:
    """Return the vectors that errors are measured on."""
    generator = np.random.default_rng(1)
    uniform = philox.uniform(1, 0, ERROR_SIZE)
    return {
        "uniform": uniform[uniform > 0],
        "normal": generator.standard_normal(ERROR_SIZE).astype(np.float32),
        "student_t3": generator.standard_t(3, ERROR_SIZE).astype(np.float32),
    }


def errors(codec: Codec, backend: Backend, x: np.ndarray) -> dict[str, float]:
    """Return the mean relative error and the relative error of the whole vector, in percent."""
    y = codec.decode(codec.encode(backend.asarray(x), KEY), x.size, backend).numpy().astype(np.float64)
    return {
        "mean_relative_percent": round(float(100 * np.mean(np.abs(x - y) / np.abs(x))), 4),
        "norm_percent": round(float(100 * np.linalg.norm(x - y) / np.linalg.norm(x)), 4),
    }


def measure(name: str, sides: dict[str, Backend], x: np.ndarray, repeats: int) -> dict[str, Any]:
    """Return all figures of one codec."""
    codec = codecs.create(name)
    return {
        "bytes_per_element": codec.payload_size(x.size) / x.size,
        **timed(codec, {side: backend.asarray(x) for side, backend in sides.items()}, repeats),
        "errors": {kind: errors(codec, sides["numpy"], sample) for kind, sample in samples().items()},
    }


def show(report: Report) -> None:
    """Print tables of times and errors."""
    print(f"{report['machine']}, {report['cores']} cores; {report['device']}; {report['size']:,} elements\n")
    print(f"{'ns an element':16}{'bytes':>8}{'NumPy (thread)':>30}{'least':>14}{'OpenCL':>14}{'least':>14}  same bytes")
    for name, row in report["codecs"].items():
        numpy, opencl = row["numpy"], row["opencl"]
        print(
            f"{name:16}{row['bytes_per_element']:8.4f}"
            f"{numpy['encode_ns']:9.2f} ({numpy['encode_thread_ns']:5.2f}){numpy['decode_ns']:6.2f}"
            f" ({numpy['decode_thread_ns']:4.2f})"
            f"{numpy['encode_least_ns']:8.2f}{numpy['decode_least_ns']:6.2f}"
            f"{opencl['encode_ns']:8.2f}{opencl['decode_ns']:6.2f}"
            f"{opencl['encode_least_ns']:8.2f}{opencl['decode_least_ns']:6.2f}  {row['identical']}"
        )
    print(f"\n{'error, % (norm)':16}{'uniform':>20}{'normal':>20}{'Student t3':>20}")
    for name, row in report["codecs"].items():
        cells = (f"{e['mean_relative_percent']:.3f} ({e['norm_percent']:.3f})" for e in row["errors"].values())
        print(f"{name:16}" + "".join(f"{cell:>20}" for cell in cells))


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=1 << 22)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--codecs", nargs="+", default=codecs.names(), choices=codecs.names())
    parser.add_argument("--device")
    parser.add_argument("--json", metavar="FILE", help="write the report to FILE; - is stdout")
    arguments = parser.parse_args()
    sides = {"numpy": backends.create("numpy"), "opencl": backends.create("opencl", device=arguments.device)}
    x = np.random.default_rng(0).standard_normal(arguments.size).astype(np.float32) * np.float32(0.01)
    report = {
        "machine": processor(),
        "cores": os.cpu_count(),
        "device": sides["opencl"].device,
        "size": arguments.size,
        "repeats": arguments.repeats,
        "codecs": {name: measure(name, sides, x, arguments.repeats) for name in arguments.codecs},
    }
    publish(report, show, arguments.json)


if __name__ == "__main__":
    main()
