"""Gathering and scattering elements or rows of device arrays by their places, and finding those of what is not 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.opencl.arrays import C_TYPES
from mathcore.backends.opencl.memory import Memory
from mathcore.backends.opencl.places import LEAST_ELEMENTS, apart, check_values, macros_of, share_rows
from mathcore.backends.opencl.program import Vectors
from mathcore.backends.opencl.source import Macros

if TYPE_CHECKING:
    from mathcore.backends.opencl.array_backend import OpenCLArrays

FILE = "gathering.cl"
NONZERO = "nonzero.cl"
FEW = 256
"""Places of which each looks through all the later ones: takes less time than to clear an array of owners."""
RANGES_SHARE = 4
"""A CPU scatters with one in so many of its work-items, two a core, for each reads all places."""
LEAST_CHUNK, MOST_CHUNKS = 256, 65536
"""How a GPU looks for what is not 0: elements of a work-item at least, and work-items at most."""


def gather(backend: OpenCLArrays, x: NDArray, places: NDArray) -> NDArray:
    """Return y with y[i] = flat x[places[i]], in the shape of ``places``."""
    y = backend.empty(places.shape, x.dtype)
    _gather(backend, x, places, y, 1)
    return y


def gather_rows(backend: OpenCLArrays, x: NDArray, places: NDArray) -> NDArray:
    """Return y with y[i] = x[places[i]], in the shape of ``places`` and an axis of C, for ``x`` (R, C)."""
    y = backend.empty((*places.shape, x.shape[1]), x.dtype)
    _gather(backend, x, places, y, x.shape[1])
    return y


def scatter(backend: OpenCLArrays, x: NDArray, places: NDArray, values: NDArray) -> None:
    """Set flat x[places[i]] = values[i]; where places repeat, the last one counts."""
    _scatter(backend, x, places, values, 1)


def scatter_rows(backend: OpenCLArrays, x: NDArray, places: NDArray, values: NDArray) -> None:
    """Set x[places[i]] = values[i] for ``x`` (R, C); where places repeat, the last one counts."""
    _scatter(backend, x, places, values, x.shape[1])


def nonzero(backend: OpenCLArrays, x: NDArray) -> NDArray:
    """Return the flat places of the elements that are not 0, ascending, int32 (n,); waits for the device."""
    if x.size == 0:
        return backend.empty((0,), np.int32)
    tuning, macros = backend.queue.tuning, (("T", C_TYPES[x.dtype]),)
    if tuning.local > 1:
        length = max(LEAST_CHUNK, -(-x.size // MOST_CHUNKS))
    else:
        length = max(LEAST_ELEMENTS, -(-x.size // tuning.items))
    chunks = -(-x.size // length)
    numbers = ((x.size, length),)
    counts = backend.empty((chunks,), np.int32)
    backend.queue.launch_packed(NONZERO, "count_nonzero", chunks, (x.data, counts.data), numbers, macros)
    stops = np.cumsum(backend.to_numpy(counts), dtype=np.int32)
    y = backend.empty((int(stops[-1]),), np.int32)
    if y.size:
        starts = backend.asarray(np.append(np.int32(0), stops))
        backend.queue.launch_packed(NONZERO, "list_nonzero", chunks, (x.data, starts.data, y.data), numbers, macros)
    return y


def _gather(backend: OpenCLArrays, x: NDArray, places: NDArray, y: NDArray, row: int) -> None:
    if y.size:
        items, vectors, macros = _plan(backend, x, places, row)
        backend.queue.launch_packed(FILE, "gather", items, (x.data, places.data, y.data), vectors, macros)


def _scatter(backend: OpenCLArrays, x: NDArray, places: NDArray, values: NDArray, row: int) -> None:
    check_values("scatter", x, values)
    if not values.size:
        return
    values = apart(backend, values, x)
    name = "scatter_few"
    between: tuple[Memory, ...] = ()
    if backend.queue.tuning.local == 1:
        name, (items, vectors, macros) = "scatter_ranges", _plan_ranges(backend, x, places, row)
    else:
        items, vectors, macros = _plan(backend, x, places, row)
        if places.size > FEW:
            name, between = "scatter_owned", (_owners(backend, places, x.size // row).data,)
    backend.queue.launch_packed(FILE, name, items, (values.data, places.data, *between, x.data), vectors, macros)


def _owners(backend: OpenCLArrays, places: NDArray, size: int) -> NDArray:
    """Return for each of the ``size`` rows the number of the last place that names it, -1 where none does."""
    owners = backend.empty((size,), np.int32)
    backend.queue.fill(owners.data, np.full(1, -1, np.int32), size * 4)
    macros = macros_of(backend.queue.tuning, owners.dtype.itemsize)
    backend.queue.launch_packed(FILE, "claim", places.size, (places.data, owners.data), ((),), macros)
    return owners


def _plan(backend: OpenCLArrays, x: NDArray, places: NDArray, row: int) -> tuple[int, Vectors, Macros]:
    """Return work-items, numbers and macros for moving a row for each place."""
    tuning = backend.queue.tuning
    macros = macros_of(tuning, x.dtype.itemsize)
    each, parts, length = share_rows(tuning, macros, places.size, row, vectors=True)
    return -(-places.size // each) * parts, ((places.size, each, parts, length, row),), macros


def _plan_ranges(backend: OpenCLArrays, x: NDArray, places: NDArray, row: int) -> tuple[int, Vectors, Macros]:
    """Return the same for work-items that each own a range of the rows of ``x``, or a part of all if rows are long."""
    tuning = backend.queue.tuning
    rows, parts = x.size // row, min(tuning.items, -(-row // LEAST_ELEMENTS))
    ranges = 1 if parts > 1 else min(rows, tuning.items // RANGES_SHARE, -(-places.size * row // LEAST_ELEMENTS))
    each = -(-rows // ranges)
    numbers = (places.size, each, parts, -(-row // parts), row)
    return -(-rows // each) * parts, (numbers,), macros_of(tuning, x.dtype.itemsize)
