"""A small data set of MNIST's shape, for tests of whole runs: all of MNIST would take most of their time."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def write_digits(folder: Path) -> None:
    """Write 500 images with labels for training and 50 for tests, all of them noise, as IDX files."""
    draw = np.random.default_rng(1)
    for part, count in (("train", 500), ("t10k", 50)):
        for axes, shape in ((3, (count, 28, 28)), (1, (count,))):
            name = folder / f"{part}-{'images' if axes == 3 else 'labels'}-idx{axes}-ubyte"
            values = draw.integers(0, 256 if axes == 3 else 10, shape, np.uint8)
            name.write_bytes(bytes((0, 0, 8, axes)) + np.array(shape, ">u4").tobytes() + values.tobytes())
