"""Sorting and searching on devices: radix sort of rows, bisection in a sorted vector."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from mathcore.array import NDArray
from mathcore.backends.opencl.arrays import C_TYPES, INT32
from mathcore.backends.opencl.reduction import scan
from mathcore.backends.opencl.source import Macros
from mathcore.backends.operations import DType
from mathcore.backends.shapes import check_search

if TYPE_CHECKING:
    from mathcore.backends.opencl.array_backend import OpenCLArrays
    from mathcore.backends.opencl.tuning import Tuning

ROWS_FILE = "sort_rows.cl"
BLOCKS_FILE = "sort_blocks.cl"
SEARCH_FILE = "search.cl"

KINDS = {"b": 0, "u": 0, "i": 1, "f": 2}
BEFORE = {"left": "(a < v || (v != v && a == a))", "right": "!(v < a || (a != a && v == v))"}


class Radix(NamedTuple):
    """How rows are sorted on a kind of device.

    Attributes:
        longest_row: elements up to which one work-item sorts a whole row.
        row_bits: width of a digit then.
        bits: width of a digit where a row is cut into blocks.
        block: elements of a block at least.
    """

    longest_row: int
    row_bits: int
    bits: int
    block: int


CPU = Radix(longest_row=8192, row_bits=8, bits=11, block=16384)
"""Three digits of 11 bits take three quarters of the time of four of 8 bits, where 2,048 counters are soon paid for."""
GPU = Radix(longest_row=64, row_bits=4, bits=4, block=128)


def sort(backend: OpenCLArrays, x: NDArray, *, descending: bool) -> NDArray:
    """Return ``x`` sorted along its last axis, equal elements in their order; NaN counts as larger than all numbers."""
    return _sort(backend, x, x.dtype, _key_macros(x.dtype, descending=descending))


def argsort(backend: OpenCLArrays, x: NDArray, *, descending: bool) -> NDArray:
    """Return the int32 places that sort ``x`` along its last axis, those of equal elements in their order."""
    return _sort(backend, x, INT32, (*_key_macros(x.dtype, descending=descending), ("PLACES", 1)))


def searchsorted(backend: OpenCLArrays, ordered: NDArray, values: NDArray, *, side: str) -> NDArray:
    """Return the int32 places of ``values`` in the ascending ``ordered`` (n,): before equal elements or behind them."""
    check_search(ordered.shape, ordered.dtype, values.dtype, side)
    y = backend.empty(values.shape, INT32)
    length = 1 if backend.queue.tuning.local > 1 else max(64, -(-values.size // backend.queue.tuning.items))
    macros = (("TYPE", C_TYPES[ordered.dtype]), ("BEFORE", BEFORE[side]))
    buffers, numbers = (ordered.data, values.data, y.data), (ordered.size, values.size, length)
    backend.queue.launch_packed(SEARCH_FILE, "search", -(-values.size // length), buffers, (numbers,), macros)
    return y


def _sort(backend: OpenCLArrays, x: NDArray, dtype: DType, macros: Macros) -> NDArray:
    """Return sorted elements, or places if ``dtype`` is int32 and the macros say so."""
    y = backend.empty(x.shape, dtype)
    if x.size == 0:
        return y
    n = x.shape[-1] if x.shape else 1
    if n <= _radix(backend.queue.tuning).longest_row:
        _sort_rows(backend, x, y, n, macros)
    else:
        _sort_blocks(backend, x, y, n, macros)
    return y


def _sort_rows(backend: OpenCLArrays, x: NDArray, y: NDArray, n: int, macros: Macros) -> None:
    rows, tuning = x.size // n, backend.queue.tuning
    bits = _radix(tuning).row_bits
    macros += (("BITS", bits), ("PASSES", _passes(x.dtype, bits)))
    if _gives_places(macros):
        scratch = [backend.empty((x.size, 2), INT32) for _ in range(2)]
    else:
        scratch = [backend.empty(x.shape, x.dtype)]
    buffers = tuple(array.data for array in (x, *scratch, y))
    group = max(1, tuning.run_length(x.size) // n)
    backend.queue.launch_packed(ROWS_FILE, "sort_rows", -(-rows // group), buffers, ((rows, n, group),), macros)


def _sort_blocks(backend: OpenCLArrays, x: NDArray, y: NDArray, n: int, macros: Macros) -> None:
    """Sort long rows digit by digit; what moves goes to and fro between two arrays and ends in ``y``."""
    queue, tuning, rows = backend.queue, backend.queue.tuning, x.size // n
    bits = min(_radix(tuning).bits, x.dtype.itemsize * 8)
    last = _passes(x.dtype, bits) - 1
    blocks = max(1, n // _radix(tuning).block)
    if tuning.local == 1:
        blocks = min(blocks, tuning.items)
    places = _gives_places(macros)
    shape, dtype = ((x.size, 2), INT32) if places else (x.shape, x.dtype)
    between = [backend.empty(shape, dtype) for _ in range(min(last, 2))]
    macros += (("BITS", bits),)
    source = x
    for digit in range(last + 1):
        target = y if digit == last else between[digit % 2]
        ends = (("FIRST", int(digit == 0)), ("LAST", int(digit == last))) if places else ()
        numbers = ((n, blocks, -(-n // blocks), digit * bits),)
        counts = backend.empty((rows, blocks << bits), INT32)
        buffers = source.data, counts.data
        queue.launch_packed(BLOCKS_FILE, "count_digits", rows * blocks, buffers, numbers, macros + ends)
        sums = scan(backend, "sum", counts, 1)
        moving = source.data, sums.data, target.data
        queue.launch_packed(BLOCKS_FILE, "move_elements", rows * blocks, moving, numbers, macros + ends)
        source = target


def _radix(tuning: Tuning) -> Radix:
    return GPU if tuning.local > 1 else CPU


def _passes(dtype: DType, bits: int) -> int:
    return math.ceil(dtype.itemsize * 8 / bits)


def _key_macros(dtype: DType, *, descending: bool) -> Macros:
    return (("TYPE", C_TYPES[dtype]), ("KIND", KINDS[dtype.kind]), ("DESCENDING", int(descending)))


def _gives_places(macros: Macros) -> bool:
    return ("PLACES", 1) in macros
