"""Find a data set: by the name of a shipped one, by the path of a folder, or by the files that a network names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from grid.datasets.blob import load_blob
from grid.datasets.dataset import DataSet, Split
from grid.datasets.idx_folder import load_idx_folder
from grid.errors import DataError

if TYPE_CHECKING:
    from mathcore.network import Network

SHIPPED = {"mnist": Path(__file__).resolve().parent / "mnist"}


def load(name_or_path: str, *, data_dir: Path) -> DataSet:
    """Return the data set.

    Args:
        name_or_path: ``"mnist"``, or a folder with four IDX files; relative ones start at ``data_dir``.
        data_dir: where relative paths start.
    Raises:
        DataError: if there is none of that name, or one of its files is missing or malformed.
    """
    if name_or_path in SHIPPED:
        return load_idx_folder(SHIPPED[name_or_path], name=name_or_path)
    folder = data_dir / name_or_path
    if not folder.is_dir():
        names = ", ".join(SHIPPED)
        raise DataError(f"data {name_or_path}: expected {names} or a folder of IDX files, got no folder {folder}")
    return load_idx_folder(folder, name=name_or_path)


def load_for_job(data: str, network: Network, *, data_dir: Path) -> DataSet:
    """Return the data set that a job names, or the one that its network's data layers name if ``data`` is empty.

    Raises:
        DataError: as ``load``; also if a data layer names no file.
    """
    if data:
        return load(data, data_dir=data_dir)
    train = _layer_split(network, "train", data_dir)
    test = _layer_split(network, "test", data_dir)
    classes = int(max(train.labels.max(), test.labels.max())) + 1
    name = network.data_layer("train").file_prefix
    return DataSet(name=name, data_shape=train.images.shape[1:], classes=classes, train=train, test=test)


def _layer_split(network: Network, phase: str, data_dir: Path) -> Split:
    layer = network.data_layer(phase)
    if not layer.file_prefix:
        raise DataError(f'blob_data "{layer.name}": expected a file_prefix, got none; set it or name a data set')
    return load_blob(
        layer.file_prefix, data_shape=layer.data_shape, data_klass=layer.data_klass, data_dir=data_dir
    )
