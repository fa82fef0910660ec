"""Softmax, cross-entropy and the count of right answers on device arrays: logits (N, C), labels (N,) int32."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mathcore.array import NDArray
from mathcore.backends.opencl.arrays import INT32, check_float32, check_int32
from mathcore.errors import ShapeError

if TYPE_CHECKING:
    from mathcore.backends.opencl.backend import OpenCLBackend
    from mathcore.backends.opencl.source import Macros

FILE = "softmax_cross_entropy.cl"


def softmax_cross_entropy(
    backend: OpenCLBackend, logits: NDArray, labels: NDArray, *, ignore_label: int | None, label_smoothing: float
) -> tuple[NDArray, NDArray]:
    """Return the mean loss () and the probabilities (N, C). A label that is no class makes the loss NaN."""
    _check("softmax_cross_entropy", logits, labels)
    probabilities = backend.empty(logits.shape)
    losses = backend.empty(labels.shape)
    items, numbers = _cut(backend, logits)
    buffers = (logits.data, labels.data, probabilities.data, losses.data)
    numbers = (*numbers, label_smoothing, ignore_label or 0)
    backend.queue.launch(FILE, "softmax_cross_entropy", items, buffers, numbers, _macros(ignore_label))
    if ignore_label is None:
        return backend.reduce("mean", losses, None), probabilities
    total = backend.reduce("sum", losses, None)
    return backend.elementwise("divide", total, _counted(backend, labels, ignore_label)), probabilities


def softmax_cross_entropy_gradient(
    backend: OpenCLBackend, probabilities: NDArray, labels: NDArray, dloss: NDArray,
    *, ignore_label: int | None, label_smoothing: float,
) -> NDArray:  # fmt: skip
    """Return (probabilities - distributions of the labels) * dloss / N, N counted; 0 for examples that do not count."""
    _check("softmax_cross_entropy_gradient", probabilities, labels)
    check_float32("softmax_cross_entropy_gradient", dloss)
    gradient = backend.empty(probabilities.shape)
    items, numbers = _cut(backend, probabilities)
    counted = dloss if ignore_label is None else _counted(backend, labels, ignore_label)
    buffers = (probabilities.data, labels.data, dloss.data, counted.data, gradient.data)
    numbers = (*numbers, label_smoothing, ignore_label or 0)
    backend.queue.launch(FILE, "softmax_cross_entropy_gradient", items, buffers, numbers, _macros(ignore_label))
    return gradient


def count_correct(backend: OpenCLBackend, logits: NDArray, labels: NDArray, *, top_k: int) -> NDArray:
    """Return in how many rows the label is among the ``top_k`` highest, int32 ()."""
    _check("count_correct", logits, labels)
    right = backend.empty(labels.shape, INT32)
    items, numbers = _cut(backend, logits)
    backend.queue.launch(FILE, "mark_correct", items, (logits.data, labels.data, right.data), (*numbers, top_k))
    return backend.reduce("sum", right, None)


def _counted(backend: OpenCLBackend, labels: NDArray, ignore_label: int) -> NDArray:
    """Return how many examples count, at least 1, float32 ()."""
    counted = backend.empty(())
    backend.queue.launch(FILE, "count_labels", 1, (labels.data, counted.data), (labels.size, ignore_label))
    return counted


def _macros(ignore_label: int | None) -> Macros:
    return (("IGNORE", int(ignore_label is not None)),)


def _check(operation: str, logits: NDArray, labels: NDArray) -> None:
    check_float32(operation, logits)
    check_int32(operation, labels)
    if logits.ndim != 2 or logits.shape[1] == 0 or labels.shape != logits.shape[:1]:
        raise ShapeError(
            f"{operation}: expected scores (N, C) and labels (N,), got {logits.shape} and {labels.shape}; "
            "give each example one row and one label"
        )


def _cut(backend: OpenCLBackend, logits: NDArray) -> tuple[int, tuple[int | float, ...]]:
    """Return the number of work-items and what each takes: N, C and the rows of one."""
    count, classes = logits.shape
    rows = max(1, backend.queue.tuning.run_length(count * classes) // classes)
    return -(-count // rows), (count, classes, rows)
