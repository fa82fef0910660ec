"""Where the time of a training step goes: each layer beside the floor that the device's arithmetic and memory set.

Floors come from the device itself: the speed of a large matrix product and of a large copy, measured just before. A
layer cannot take less than its operations at the one speed, or its bytes, each array once, at the other.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mathcore.backends.base import Backend
from mathcore.layers import training_key
from mathcore.network import Network
from mathcore.network.summary import LayerSummary
from mathcore.network.timing import LayerTime
from mathcore.network.training_step import TrainingStep

COPY_ELEMENTS = 2**24
PRODUCT_SIZES = (1024, 4096)
SHORT_SECONDS = 0.005
MEASUREMENTS = 5


@dataclass(frozen=True)
class Device:
    """What a device can do: operations a second in a matrix product, bytes a second in a copy."""

    flops: float
    bytes: float


def measure_device(backend: Backend) -> Device:
    """Measure a device; takes well under a second."""
    rate = 0.0
    for size in PRODUCT_SIZES:
        a = backend.asarray(np.full((size, size), 0.5, np.float32))
        seconds = best_seconds(backend, lambda a=a: backend.matmul(a, a))  # type: ignore[misc]  # bound now
        rate = 2 * size**3 / seconds
        if seconds > SHORT_SECONDS:
            break
    source, destination = backend.zeros((COPY_ELEMENTS,)), backend.zeros((COPY_ELEMENTS,))
    seconds = best_seconds(backend, lambda: backend.copy(source, destination))
    return Device(rate, 2 * 4 * COPY_ELEMENTS / seconds)


def best_seconds(backend: Backend, work: Callable[[], object]) -> float:
    """Return the shortest of a few times of ``work``, after one that does not count."""
    times = []
    for _ in range(MEASUREMENTS + 1):
        backend.synchronize()
        start = time.perf_counter()
        work()
        backend.synchronize()
        times.append(time.perf_counter() - start)
    return min(times[1:])


def measure_layers(network: Network, backend: Backend, *, batch_size: int, repeats: int) -> dict[str, Any]:
    """Return the times of every layer in a training step on synthetic data, as an object for JSON.

    Args:
        network: what to train.
        backend: where.
        batch_size: examples a step.
        repeats: how many steps to time, after two that do not count; medians are given.
    """
    device = measure_device(backend)
    random = np.random.default_rng(0)
    images = random.normal(size=(batch_size, *network.data_shape)).astype(np.float32)
    labels = (np.arange(batch_size) % min(network.classes, 2**31 - 1)).astype(np.int32)
    parameters = backend.asarray(network.initialize(0))
    gradient = backend.zeros((network.layout.size,))
    step = TrainingStep(network, backend, parameters, gradient)
    whole = [_step_seconds(backend, step, images, labels) for _ in range(repeats + 2)][2:]
    planned = max(recording.planned_bytes for recording in step.recordings)
    arrays = [backend.asarray(values) for values in (images, labels, training_key(0, 0, 0))]
    runs = [
        network.timed_gradient(
            parameters, arrays[0], arrays[1], gradient, key=arrays[2], clock=time.perf_counter
        )
        for _ in range(repeats + 1)
    ][1:]
    rows = {row.name: row for row in network.summary(batch_size)}
    layers = [_layer(times, rows[times[0].name], batch_size, device) for times in zip(*runs, strict=True)]
    return {
        "batch_size": batch_size, "backend": backend.name, "device": backend.device,
        "gemm_gflops": device.flops / 1e9, "copy_gbytes_per_second": device.bytes / 1e9,
        "step_ms": 1e3 * statistics.median(whole), "planned_bytes": planned, "layers": layers,
    }


def _step_seconds(backend: Backend, step: TrainingStep, images: np.ndarray, labels: np.ndarray) -> float:
    start = time.perf_counter()
    step.run(images, labels, training_key(0, 0, 0)).item()
    backend.synchronize()
    return time.perf_counter() - start


def _layer(times: Sequence[LayerTime], row: LayerSummary, batch_size: int, device: Device) -> dict[str, Any]:
    one = times[0]
    forward = statistics.median(time.forward_seconds for time in times)
    backward = statistics.median(time.backward_seconds for time in times)
    flops = row.forward_flops * batch_size
    gradient_flops = (row.data_gradient_flops + row.weight_gradient_flops) * batch_size
    return {
        "name": one.name, "type": one.type,
        "forward": _pass(forward, flops, one.forward_bytes, device),
        "backward": _pass(backward, gradient_flops, one.backward_bytes, device),
    }


def _pass(seconds: float, flops: int, moved: int, device: Device) -> dict[str, float]:
    return {
        "ms": 1e3 * seconds,
        "gflops": flops / seconds / 1e9 if seconds else 0.0,
        "gbytes_per_second": moved / seconds / 1e9 if seconds else 0.0,
        "floor_ms": 1e3 * max(flops / device.flops, moved / device.bytes),
    }


def as_table(record: Mapping[str, Any]) -> str:
    """Return the record of ``measure_layers`` as lines for people."""
    numbers = ("ms", "GFLOP/s", "GB/s", "floor")
    rows = [("layer", "type", *(f"{name}" for _ in range(2) for name in numbers))]
    rows += [
        (layer["name"], layer["type"], *_cells(layer["forward"]), *_cells(layer["backward"]))
        for layer in record["layers"]
    ]
    sums = [_sum(record["layers"], which) for which in ("forward", "backward")]
    rows.append(("total", "", *(cell for total in sums for cell in total)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    head = " " * (sum(widths[:2]) + 4) + "forward".ljust(sum(widths[2:6]) + 8) + "backward"
    lines = ["  ".join(_aligned(row, widths)).rstrip() for row in rows]
    return "\n".join([head.rstrip(), *lines, _footer(record)])


def _cells(one: Mapping[str, float]) -> tuple[str, ...]:
    if not one["ms"]:
        return "", "", "", ""
    flops = f"{one['gflops']:,.1f}" if one["gflops"] else ""
    return f"{one['ms']:,.3f}", flops, f"{one['gbytes_per_second']:,.1f}", f"{one['floor_ms']:,.3f}"


def _sum(layers: Sequence[Mapping[str, Any]], which: str) -> tuple[str, ...]:
    time_ms, floor_ms = (math.fsum(layer[which][key] for layer in layers) for key in ("ms", "floor_ms"))
    return f"{time_ms:,.3f}", "", "", f"{floor_ms:,.3f}"


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [
        cell.ljust(width) if column < 2 else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]


def _footer(record: Mapping[str, Any]) -> str:
    speed = 1e3 * record["batch_size"] / record["step_ms"]
    memory = f"; memory planned for a step: {record['planned_bytes'] / 1e6:,.1f} MB" if record["planned_bytes"] else ""
    return (
        f"whole steps, recorded: {record['step_ms']:,.3f} ms, {speed:,.1f} examples/s of {record['batch_size']} "
        f"each{memory}\n"
        f"floors on {record['device']}: {record['gemm_gflops']:,.1f} GFLOP/s in a matrix product, "
        f"{record['copy_gbytes_per_second']:,.1f} GB/s in a copy"
    )
