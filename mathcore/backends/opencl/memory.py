"""Device memory: allocations that return to a pool when the last array on them is gone.

A new buffer costs 6 us and untouched pages, a pooled one 1 us. The device works through its queue in order, so an
allocation may be handed out again while kernels that use it still wait: whatever is enqueued next runs after them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from mathcore.backends.opencl.vendors import load_pyopencl
from mathcore.errors import DeviceError

SLACK_BYTES = 1024
"""Room behind every array: kernels load, but never store, whole vectors past the end of the last row."""


class Memory:
    """The memory of an array: an allocation taken from the pool, or a view of one.

    Attributes:
        buffer: the pyopencl buffer that kernels take.
        offset: where a view starts in its allocation, in bytes.
        whole: the allocation that a view keeps; None where it is no view.
    """

    # No reference to itself: memory must go back when its last array does, not when the garbage collector comes round.
    __slots__ = ("_pool", "_size_class", "buffer", "offset", "whole")

    def __init__(self, buffer: Any, *, pool: MemoryPool | None = None, size_class: int = 0) -> None:
        self.buffer = buffer
        self.offset = 0
        self.whole: Memory | None = None
        self._pool = pool
        self._size_class = size_class

    def view(self, offset: int, size: int) -> Memory:
        """Return ``size`` bytes from ``offset`` bytes on; shares and keeps this memory.

        Views must be disjoint or equal where a GPU is to be used: releasing sub-buffers that overlap in part crashes
        NVIDIA's driver (580.159). So the buffer of a view ends with its elements; loads past it stay in the allocation.
        """
        whole = self.whole or self
        part = Memory(whole.buffer.get_sub_region(self.offset + offset, max(size, 1)))
        part.offset = self.offset + offset
        part.whole = whole
        return part

    def __del__(self) -> None:
        if self._pool is not None:
            self._pool.take_back(self.buffer, self._size_class)


class MemoryPool:
    """Free allocations of one context, by size class: powers of two, and three steps between neighbours."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self._free: dict[int, list[Any]] = {}

    def allocate(self, size: int) -> Memory:
        """Return at least ``size`` bytes, contents undefined, and the slack behind them.

        Raises:
            DeviceError: if the device has no such memory.
        """
        size_class = _size_class(size + SLACK_BYTES)
        free = self._free.get(size_class)
        buffer = free.pop() if free else self._new_buffer(size_class)
        return Memory(buffer, pool=self, size_class=size_class)

    def take_back(self, buffer: Any, size_class: int) -> None:
        """Keep ``buffer`` for the next allocation of its size class."""
        self._free.setdefault(size_class, []).append(buffer)

    def _new_buffer(self, size: int) -> Any:
        cl = load_pyopencl()
        total = self._context.devices[0].global_mem_size
        if size > total:  # NVIDIA's driver would notice only when a kernel runs
            raise _no_room(size, f"a device of {total:,} bytes")
        try:
            return cl.Buffer(self._context, cl.mem_flags.READ_WRITE, size)
        except cl.Error:
            self._free.clear()  # give the free ones back and try once more
        try:
            return cl.Buffer(self._context, cl.mem_flags.READ_WRITE, size)
        except cl.Error as error:
            raise _no_room(size, str(error)) from None


def _no_room(size: int, found: str) -> DeviceError:
    return DeviceError(
        f"expected room for {size:,} bytes on the device, got {found}; use a smaller batch or more shards"
    )


@lru_cache(maxsize=4096)
def _size_class(size: int) -> int:
    """Return ``size`` rounded up so that at most a fifth is wasted."""
    step = max(4096, 1 << (size - 1).bit_length() >> 3)
    return -(-size // step) * step
