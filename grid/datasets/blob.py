"""The blob files of Sukiyaki2, which the paper's ``blob_data`` layer names by a prefix.

    <prefix>.bin    N records without a header; each holds one example of shape data_shape, mostly (H, W, C),
                    in Fortran order (the row runs fastest), uint8 or single (float32, little endian)
    <prefix>.json   the N labels, one array of integers

The .bin file is mapped, not read: only the batches asked for come into memory.

Source:
    The converters of Sukiyaki2 (Hidaka, Miura, Harada, 2017), which write (C, W, H) in C order.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grid.datasets.dataset import Split
from grid.errors import DataError

DTYPES: dict[str, np.dtype[Any]] = {"uint8": np.dtype(np.uint8), "single": np.dtype("<f4")}
MAXIMUM_LABEL_BYTES = 512 * 1024 * 1024


def load_blob(prefix: str, *, data_shape: tuple[int, ...], data_klass: str, data_dir: Path) -> Split:
    """Return the examples in ``<prefix>.bin`` and ``<prefix>.json``.

    Args:
        prefix: a path without suffix; relative ones start at ``data_dir``.
        data_shape: of one example, mostly (H, W, C).
        data_klass: ``"uint8"`` or ``"single"``.
        data_dir: where relative paths start.
    Raises:
        DataError: if a file is missing, malformed, or not of the size that the number of labels asks for.
    """
    if data_klass not in DTYPES:
        raise DataError(f"blob_data {prefix}: expected data_klass uint8 or single, got {data_klass!r}")
    labels = _labels(data_dir / f"{prefix}.json")
    images = _images(data_dir / f"{prefix}.bin", len(labels), data_shape, DTYPES[data_klass])
    return Split(images, labels)


def _images(path: Path, count: int, data_shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    expected = count * math.prod(data_shape) * dtype.itemsize
    try:
        size = path.stat().st_size
        if size != expected:
            lengths = " x ".join(map(str, (*data_shape, dtype.itemsize)))
            shown = f"{count} labels x {lengths} = {expected} bytes"
            raise DataError(f"{path}: expected {shown}, got {size}; check data_shape and data_klass")
        records = np.memmap(path, dtype, mode="r", shape=(count, *reversed(data_shape)))
    except OSError as error:
        raise DataError(f"{path}: expected a readable file, got: {error.strerror or error}") from None
    return records.transpose(0, *range(len(data_shape), 0, -1))


def _labels(path: Path) -> NDArray[np.int32]:
    try:
        if path.stat().st_size > MAXIMUM_LABEL_BYTES:
            raise DataError(f"{path}: expected at most {MAXIMUM_LABEL_BYTES} bytes of labels")
        values = json.loads(path.read_bytes())
    except OSError as error:
        raise DataError(f"{path}: expected a readable file, got: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: expected a JSON array of labels, got: {error}") from None
    if not isinstance(values, list) or not values:
        raise DataError(f"{path}: expected a JSON array of at least one label, got {type(values).__name__}")
    for index, value in enumerate(values):
        if type(value) is not int or not 0 <= value < 2**31:
            raise DataError(f"{path}: expected labels from 0 to {2**31 - 1}, got {value!r} at index {index}")
    return np.array(values, np.int32)
