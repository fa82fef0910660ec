"""Random crops and mirror images on NumPy arrays, with the mean taken off and a factor."""

from __future__ import annotations

import numpy as np

from mathcore.backends.shapes import Pair
from mathcore.random.layer_stream import example_words


def augment_images(
    x: np.ndarray, key: np.ndarray | None,
    *, size: Pair, pad: Pair, crop: str, flip: str, mean: tuple[float, ...], scale: float, stream: int,
) -> np.ndarray:  # fmt: skip
    """Return a crop (N, *size, C) of each image (N, H, W, C), as (x - mean) * scale; bytes become float32.

    The words of an example's block 0 say, in order, how many rows and columns lie before a random crop (the upper half
    of word * number of places), and whether it is mirrored (the highest bit). Padding is 0 in the result: it has the
    mean's value.
    """
    values = x.astype(np.float32) if x.dtype == np.uint8 else x
    number = values.dtype.type
    values = (values - np.array(mean or (0,), number)) * number(scale)
    values = np.pad(values, ((0, 0), (pad[0], pad[0]), (pad[1], pad[1]), (0, 0)))
    y = np.empty((len(x), *size, x.shape[3]), values.dtype)
    rest = (values.shape[1] - size[0], values.shape[2] - size[1])
    for place, image in enumerate(values):
        top, left, mirrored = _draw(key, stream, place, rest)
        if crop == "centre":
            top, left = rest[0] // 2, rest[1] // 2
        part = image[top : top + size[0], left : left + size[1]]
        y[place] = part[:, ::-1] if flip == "random" and mirrored else part
    return y


def _draw(key: np.ndarray | None, stream: int, place: int, rest: Pair) -> tuple[int, int, bool]:
    """Return the rows and columns before a crop, and whether it is mirrored."""
    if key is None:
        return 0, 0, False
    row, column, turn, _ = (int(word[0]) for word in example_words(key, stream, place=place, blocks=1))
    return row * (rest[0] + 1) >> 32, column * (rest[1] + 1) >> 32, turn >= 2**31
