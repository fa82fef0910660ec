"""A folder of four IDX files under the names that MNIST gave them, with or without ``.gz``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grid.datasets.dataset import DataSet, Split
from grid.datasets.idx import read_idx
from grid.errors import DataError

CHECKSUM_FILE = "SHA256SUMS"


def load_idx_folder(folder: Path, *, name: str) -> DataSet:
    """Return the data set in ``folder``; a file named in its ``SHA256SUMS``, if there is one, must have that digest.

    Raises:
        DataError: if a file is missing or malformed, or the four do not belong together.
    """
    checksums = _checksums(folder / CHECKSUM_FILE)
    train = _split(folder, "train", checksums)
    test = _split(folder, "t10k", checksums)
    if train.images.shape[1:] != test.images.shape[1:]:
        raise DataError(
            f"{folder}: expected test images of the training images' shape {train.images.shape[1:]}, "
            f"got {test.images.shape[1:]}"
        )
    height, width, channels = train.images.shape[1:]
    classes = int(max(train.labels.max(), test.labels.max())) + 1
    return DataSet(name=name, data_shape=(height, width, channels), classes=classes, train=train, test=test)


def _split(folder: Path, part: str, checksums: Mapping[str, str]) -> Split:
    images = _read(folder, f"{part}-images", 3, checksums)
    labels = _read(folder, f"{part}-labels", 1, checksums)
    if len(images) != len(labels):
        raise DataError(f"{folder}: expected as many {part} labels as images ({len(images)}), got {len(labels)}")
    if images.size == 0:
        raise DataError(f"{folder}: expected at least one {part} image with pixels, got shape {images.shape}")
    return Split(images[..., np.newaxis], labels.astype(np.int32))


def _read(folder: Path, stem: str, axes: int, checksums: Mapping[str, str]) -> NDArray[Any]:
    names = [f"{stem}{separator}idx{axes}-ubyte" for separator in ("-", ".")]
    for name in names:
        for path in (folder / f"{name}.gz", folder / name):
            if path.is_file():
                return read_idx(path, axes=axes, sha256=checksums.get(name))
    raise DataError(f"data folder {folder}: expected a file {names[0]} or {names[0]}.gz, got none")


def _checksums(path: Path) -> dict[str, str]:
    """Return the digest of each unpacked file, from lines ``digest  name``."""
    try:
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: expected lines 'digest  name', got: {error}") from None
    pairs = [line.split() for line in text.splitlines() if line.strip()]
    if not all(len(pair) == 2 for pair in pairs):
        raise DataError(f"{path}: expected lines 'digest  name', got another line")
    return {name: digest.lower() for digest, name in pairs}
