"""Random crops and mirror images on device arrays, with the mean taken off and a factor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.opencl.arrays import C_TYPES, check_key
from mathcore.backends.opencl.program import Numbers
from mathcore.backends.opencl.random import as_int32
from mathcore.backends.shapes import Pair
from mathcore.errors import DTypeError, ShapeError

if TYPE_CHECKING:
    from mathcore.backends.opencl.backend import OpenCLBackend

FILE = "augmentation.cl"
MOST_MEANS = 16


def augment_images(
    backend: OpenCLBackend, x: NDArray, key: NDArray | None,
    *, size: Pair, pad: Pair, crop: str, flip: str, mean: tuple[float, ...], scale: float, stream: int,
) -> NDArray:  # fmt: skip
    """Return a crop (N, *size, C) of each image (N, H, W, C), float32 (x - mean) * scale."""
    if x.dtype not in (np.float32, np.uint8):
        raise DTypeError(f"augment_images: expected float32 or uint8, got {x.dtype}; convert it with asarray")
    if len(mean) not in (0, 1, x.shape[3]) or len(mean) > MOST_MEANS:
        raise ShapeError(f"augment_images: expected a mean for each of {x.shape[3]} channels or one, got {len(mean)}")
    random_crop, random_flip = int(crop == "random"), int(flip == "random")
    if key is not None:
        check_key("augment_images", key)
    elif random_crop or random_flip:
        raise ShapeError("augment_images: expected a key to draw by, got none; use training_key")
    y = backend.empty((x.shape[0], *size, x.shape[3]))
    means = np.zeros(MOST_MEANS, np.float32)
    means[: max(1, len(mean))] = mean or 0
    if len(mean) == 1:
        means[:] = mean[0]
    numbers: Numbers = (*x.shape[1:], *size, *pad, as_int32(stream), scale, means.tobytes())
    macros = (("T", C_TYPES[x.dtype]), ("RANDOM_CROP", random_crop), ("RANDOM_FLIP", random_flip))
    buffers = (x.data, x.data if key is None else key.data, y.data)  # a key that nothing is drawn by is not read
    items = y.shape[0] * y.shape[1] if y.size else 0
    backend.queue.launch(FILE, "augment_images", items, buffers, numbers, macros)
    return y
