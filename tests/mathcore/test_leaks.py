"""Ten thousand operations of many kinds leave the memory as it was, with exceptions and reference cycles in between."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import numpy as np
import psutil
import pytest

import mathcore
from mathcore import NDArray
from mathcore.backends.base import Backend
from mathcore.errors import MathcoreError, ShapeError

OPERATIONS = 10_000
SHAPE = (64, 256)
"""64 KiB: if one operation in forty leaked its result, the process would grow by the margin."""

MARGIN_BYTES = 16 * 2**20
"""What the process may grow by: the host copies of 64 uploads that wait, and what allocators keep."""

Operation = Callable[[NDArray], Any]

HOST = np.linspace(0.5, 2, SHAPE[0] * SHAPE[1], dtype=np.float32).reshape(SHAPE)


def change(x: NDArray) -> NDArray:
    """Return a copy that was changed in place, in three ways."""
    y = x.copy()
    y[3:5] = 1
    y[:, 2] = y[:, 4]
    y += 1
    return y


def fail(x: NDArray) -> None:
    """Raise in the middle of an expression, with arrays in the frames of the traceback."""
    total = x + x
    mathcore.add(total * 2, x[:, :3])


def fail_in_scope(x: NDArray) -> None:
    """Raise inside a scope."""
    with mathcore.scope():
        fail(x)


def tie(x: NDArray) -> None:
    """Leave reference cycles with arrays behind; their scope frees the arrays."""
    with mathcore.scope():
        cycle: list[Any] = [x + 1, x.reshape(-1)]
        cycle.append(cycle)


@mathcore.scope
def normalize(x: NDArray) -> tuple[NDArray, NDArray]:
    """Return two arrays out of five."""
    centered = x - mathcore.mean(x)
    return centered / (mathcore.std(x) + 1), mathcore.max(x)


@mathcore.fused
def bell(x: NDArray, height: float) -> NDArray:
    """Return a chain of functions as one kernel."""
    return mathcore.exp(-(x * x)) * height


OPERATION_KINDS: dict[str, Operation] = {
    "upload": lambda x: x.backend.asarray(HOST),
    "download": lambda x: x.numpy(),
    "scalar": lambda x: float(x[0, 0]),
    "arithmetic": lambda x: (x + x * 2) / (x - 5),
    "functions": lambda x: mathcore.exp(mathcore.log(x)),
    "fused": lambda x: bell(x, 2.0),
    "choice": lambda x: mathcore.where(x > 1, x, 0.0),
    "broadcast": lambda x: x + x[0],
    "reduction": lambda x: (mathcore.sum(x, axis=0), mathcore.mean(x, axis=1), mathcore.argmax(x), mathcore.any(x > 1)),
    "running sum": lambda x: mathcore.cumulative_sum(x, axis=1),
    "sort": lambda x: mathcore.sort(x, axis=1),
    "argsort": lambda x: mathcore.argsort(x, axis=1),
    "product": lambda x: x @ x.T,
    "cast": lambda x: x.astype("int32").astype("bool"),
    "reshape": lambda x: x.reshape(-1, 64).reshape(128, 128),
    "slices": lambda x: (x[::2], x[:, ::-1], x[3, 4:], x[..., None]),
    "places": lambda x: (mathcore.take(x, mathcore.asarray([3, 1], device=x.device), axis=0), x[x > 1]),
    "joining": lambda x: mathcore.concat([x, x]),
    "transposing": lambda x: mathcore.permute_dims(x, (1, 0)),
    "making": lambda x: (mathcore.zeros_like(x), mathcore.full((3, 5), 2.0, device=x.device)),
    "change": change,
    "scope": normalize,
    "cycle": tie,
    "failure": fail,
    "failure in a scope": fail_in_scope,
}


def work(backend: Backend, times: int) -> None:
    """Do so many operations, every kind in turn; those that should fail do."""
    x = backend.asarray(HOST)
    kinds = list(OPERATION_KINDS.items())
    for turn in range(times):
        name, operation = kinds[turn % len(kinds)]
        if "failure" in name:
            with pytest.raises(ShapeError):
                operation(x)
        else:
            operation(x)


def test_ten_thousand_operations_leave_the_memory_as_it_was(backend: Backend) -> None:
    process = psutil.Process()
    work(backend, 5 * len(OPERATION_KINDS))  # kernels are built, the pool and the caches are filled
    backend.synchronize()
    gc.collect()
    buffers, resident = backend.memory_info().live_buffers, process.memory_info().rss
    work(backend, OPERATIONS)
    backend.synchronize()
    gc.collect()
    assert backend.memory_info().live_buffers == buffers
    assert process.memory_info().rss - resident < MARGIN_BYTES


def test_without_exceptions_memory_needs_no_garbage_collector(backend: Backend) -> None:
    kinds = {name: operation for name, operation in OPERATION_KINDS.items() if "failure" not in name}
    x = backend.asarray(HOST)
    gc.collect()
    gc.disable()
    try:
        for name, operation in kinds.items():
            before = backend.memory_info()[:2]
            operation(x)
            assert backend.memory_info()[:2] == before, name
    finally:
        gc.enable()


def test_an_array_that_failed_half_way_leaves_nothing(backend: Backend) -> None:
    gc.collect()
    before = backend.memory_info()[:2]
    x = backend.asarray(HOST)
    for kind in ("failure", "failure in a scope"):
        with pytest.raises(MathcoreError):
            OPERATION_KINDS[kind](x)
    del x
    gc.collect()
    assert backend.memory_info()[:2] == before
