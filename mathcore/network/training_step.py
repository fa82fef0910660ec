"""Loss and gradient of batch after batch: the first of each shape is recorded, the others replay it."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import partial

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.base import Backend
from mathcore.backends.fetched import Fetched
from mathcore.backends.recording import Recording
from mathcore.network.network import Network

MOST_RECORDINGS = 3
"""Shapes that are remembered: the batch, the last one of an epoch, and one more."""
MOST_ATTEMPTS = 2
"""A first step may wait for the device, to choose between kernels, where later ones do not."""

Shapes = tuple[object, ...]


@dataclass
class Recorded:
    """The arrays that a recording reads, and the recording."""

    images: NDArray
    labels: NDArray
    key: NDArray | None
    recording: Recording[Fetched] | None = None
    attempts: int = 0


class TrainingStep:
    """``Network.gradient`` on the same parameters and into the same gradient, each time for other examples.

    Layers are called once for each shape of batch, not in every step; what they compute with must follow from the
    parameters, the inputs and the key.
    """

    def __init__(self, network: Network, backend: Backend, parameters: NDArray, gradient: NDArray) -> None:
        """Take the arrays (layout.size,) float32; they stay the same, their values change."""
        self._network = network
        self._backend = backend
        self._parameters = parameters
        self._gradient = gradient
        self._recorded: OrderedDict[Shapes, Recorded] = OrderedDict()

    def run(self, images: np.ndarray, labels: np.ndarray, key: np.ndarray | None = None) -> Fetched:
        """Return the mean loss () of the examples and overwrite the gradient; the next call may overwrite the loss.

        Args:
            images: (N, *data_shape).
            labels: (N,) int32.
            key: int32 (4,), see ``Context.key``; None: layers draw no random numbers.
        Raises:
            ShapeError, DTypeError: if an array does not fit.
        """
        one = self._inputs(images, labels, key)
        if one.recording is None or (one.recording.reason is not None and one.attempts < MOST_ATTEMPTS):
            one.attempts += 1
            one.recording = self._backend.record(
                partial(
                    self._network.gradient, self._parameters, one.images, one.labels, self._gradient, key=one.key
                )
            )
            return one.recording.result
        return one.recording.replay()

    @property
    def recordings(self) -> list[Recording[Fetched]]:
        """The recordings that are kept, that of the last batch last."""
        return [one.recording for one in self._recorded.values() if one.recording is not None]

    def _inputs(self, images: np.ndarray, labels: np.ndarray, key: np.ndarray | None) -> Recorded:
        """Return the arrays for such a batch, with its values."""
        shapes = (images.shape, images.dtype.str, labels.shape, labels.dtype.str, key is None)
        if shapes in self._recorded:
            self._recorded.move_to_end(shapes)
            one = self._recorded[shapes]
            self._backend.write(one.images, images)
            self._backend.write(one.labels, labels)
            if one.key is not None and key is not None:
                self._backend.write(one.key, key)
            return one
        if len(self._recorded) == MOST_RECORDINGS:
            self._recorded.popitem(last=False)
        arrays = (self._backend.asarray(images), self._backend.asarray(labels))
        one = Recorded(*arrays, None if key is None else self._backend.asarray(key))
        self._recorded[shapes] = one
        return one
