"""Data sets: MNIST, which is shipped, folders of IDX files, and the blob files of Sukiyaki2."""

from grid.datasets.blob import load_blob
from grid.datasets.catalog import load, load_for_job
from grid.datasets.dataset import DataSet, Split

__all__ = ["DataSet", "Split", "load", "load_blob", "load_for_job"]
