"""Softmax, cross-entropy and the count of right answers on NumPy arrays: logits (N, C), labels (N,) int32."""

from __future__ import annotations

import numpy as np

from mathcore.errors import ShapeError


def softmax_cross_entropy(logits: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean loss () and the probabilities (N, C).

    The row maximum is taken off first, so that no exponential overflows; the loss of an example is
    log(sum of exponentials) - shifted logit of its label, which stays finite where its probability rounds to 0.

    Raises:
        ShapeError: if a label is not one of 0..C-1.
    Source:
        Goodfellow, Bengio, Courville, Deep Learning (2016), sections 4.1 and 6.2.2.3.
    """
    _check_labels(logits, labels)
    shifted = logits - logits.max(axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    sums = exponentials.sum(axis=1)
    losses = np.log(sums) - shifted[np.arange(len(labels)), labels]
    return np.asarray(losses.mean()), exponentials / sums[:, None]


def softmax_cross_entropy_gradient(probabilities: np.ndarray, labels: np.ndarray, dloss: np.ndarray) -> np.ndarray:
    """Return (probabilities - onehot(labels)) * dloss / N."""
    gradient = probabilities.copy()
    gradient[np.arange(len(labels)), labels] -= 1
    gradient *= dloss / probabilities.dtype.type(len(labels))
    return gradient


def count_correct(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return how many rows have their first maximum at the label, int32 ()."""
    return np.asarray(np.count_nonzero(logits.argmax(axis=1) == labels), np.int32)


def _check_labels(logits: np.ndarray, labels: np.ndarray) -> None:
    if labels.size and (labels.min() < 0 or labels.max() >= logits.shape[1]):
        wrong = labels[(labels < 0) | (labels >= logits.shape[1])][0]
        raise ShapeError(
            f"expected labels of 0 to {logits.shape[1] - 1}, got {wrong}; set the last out_size to fit them"
        )
