"""DataSet and Split: labelled images in memory or in a mapped file, and batches of them as the network reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Split:
    """The training or the test part of a data set.

    Attributes:
        images: (N, *data_shape), mostly (N, H, W, C); uint8 or float32.
        labels: (N,) int32, the index of each example's class.
    """

    def __init__(self, images: NDArray[Any], labels: NDArray[np.int32]) -> None:
        self.images = images
        self.labels = labels

    def __len__(self) -> int:
        return len(self.labels)

    def batch(self, indices: NDArray[np.integer[Any]]) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """Return the examples at ``indices``.

        Bytes 0..255 become 0..1; float32 images come as they are stored.

        Args:
            indices: (N,) integers below ``len(self)``.
        Returns:
            images (N, *data_shape) float32, C-contiguous, and labels (N,) int32.
        Raises:
            IndexError: if an index is out of range.
        """
        images = np.ascontiguousarray(self.images[indices], dtype=np.float32)
        if self.images.dtype == np.uint8:
            np.divide(images, np.float32(255), out=images)
        return images, self.labels[indices]


@dataclass(frozen=True)
class DataSet:
    """Labelled images for training and testing.

    Attributes:
        name: what it was loaded as.
        data_shape: of one example, mostly (H, W, C).
        classes: how many classes; every label is below it.
    """

    name: str
    data_shape: tuple[int, ...]
    classes: int
    train: Split
    test: Split
