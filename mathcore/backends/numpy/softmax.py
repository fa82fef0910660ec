"""Softmax, cross-entropy and the count of right answers on NumPy arrays: logits (N, C), labels (N,) int32."""

from __future__ import annotations

import numpy as np


def softmax_cross_entropy(
    logits: np.ndarray, labels: np.ndarray, *, ignore_label: int | None = None, label_smoothing: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean loss () of the examples that count and the probabilities (N, C) of all.

    The row maximum is taken off first, so that no exponential overflows; the loss of an example is
    log(sum of exponentials) - shifted logit of its label, which stays finite where its probability rounds to 0. With
    smoothing it is the mean of the shifted logits, to that part, that is taken off.

    Examples whose label is ``ignore_label`` do not count; where none counts, the loss is 0. Any other label that is not
    one of 0..C-1 makes it NaN.

    Source:
        Goodfellow, Bengio, Courville, Deep Learning (2016), sections 4.1 and 6.2.2.3; Szegedy et al., Rethinking the
        Inception Architecture (2016), section 7, for the smoothing.
    """
    number, classes = logits.dtype.type, logits.shape[1]
    shifted = logits - logits.max(axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    sums = exponentials.sum(axis=1)
    valid = (labels >= 0) & (labels < classes)
    losses = np.log(sums) - number(1 - label_smoothing) * shifted[np.arange(len(labels)), np.where(valid, labels, 0)]
    if label_smoothing:
        losses -= number(label_smoothing) * shifted.mean(axis=1)
    losses[~valid] = np.nan
    if ignore_label is None:
        return np.asarray(losses.mean()), exponentials / sums[:, None]
    losses[labels == ignore_label] = 0
    return np.asarray(losses.sum() / _counted(labels, ignore_label, losses)), exponentials / sums[:, None]


def softmax_cross_entropy_gradient(
    probabilities: np.ndarray, labels: np.ndarray, dloss: np.ndarray,
    *, ignore_label: int | None = None, label_smoothing: float = 0.0,
) -> np.ndarray:  # fmt: skip
    """Return (probabilities - distributions of the labels) * dloss / N, N counted; 0 for examples that do not count."""
    number, classes = probabilities.dtype.type, probabilities.shape[1]
    target = np.where(labels[:, None] == np.arange(classes), number(1 - label_smoothing), number(0))
    gradient = probabilities - target - number(label_smoothing / classes)
    if ignore_label is None:
        gradient *= dloss / number(len(labels))
        return np.asarray(gradient)
    gradient *= dloss / _counted(labels, ignore_label, probabilities)
    gradient[labels == ignore_label] = 0
    return np.asarray(gradient)


def count_correct(logits: np.ndarray, labels: np.ndarray, *, top_k: int = 1) -> np.ndarray:
    """Return in how many rows the label is among the ``top_k`` highest, int32 ().

    Before a class come those with a higher logit, or with the same and a smaller number. NaN is higher than all
    numbers. A label that is no class is never right.
    """
    places = np.arange(logits.shape[1])
    valid = (labels >= 0) & (labels < logits.shape[1])
    label = np.where(valid, labels, 0)[:, None]
    own = np.take_along_axis(logits, label, axis=1)
    higher = (logits > own) | (np.isnan(logits) & ~np.isnan(own))
    equal = (logits == own) | (np.isnan(logits) & np.isnan(own))
    before = np.count_nonzero(higher | (equal & (places < label)), axis=1)
    return np.asarray(np.count_nonzero(valid & (before < top_k)), np.int32)


def _counted(labels: np.ndarray, ignore_label: int, like: np.ndarray) -> np.ndarray:
    """Return how many examples count, at least 1."""
    return np.asarray(max(1, np.count_nonzero(labels != ignore_label)), like.dtype)
