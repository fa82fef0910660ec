"""Device memory: allocations that return to a pool when the last array on them is gone.

A new buffer costs 6 us and untouched pages, a pooled one 1 us. The device works through its queue in order, so an
allocation may be handed out again while kernels that use it still wait: whatever is enqueued next runs after them.
The pool is bounded: the buffers that have lain free for longest go back to the driver.
"""

from __future__ import annotations

import gc
from collections import deque
from functools import lru_cache
from typing import Any

from mathcore.backends.base import MemoryInfo
from mathcore.backends.opencl.vendors import load_pyopencl
from mathcore.errors import DeviceError

SLACK_BYTES = 1024
"""Room behind every array: kernels load, but never store, whole vectors past the end of the last row."""

SMALLEST_STEP = 4 * 2**10
LARGEST_STEP = 4 * 2**20
"""From one size class to the next: few classes of small buffers are shared by many shapes, large ones waste little."""

RESERVE = 8
"""One part in so many of a device is left to its driver and to others, as long as free buffers can be released."""


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
    """Free allocations of one context, by size class: powers of two with three steps between, then multiples of 4 MiB.

    Free buffers never keep a new one from fitting: they are released before the device is full. On devices that compute
    in the host's memory, which others need too, they hold at most a quarter of it. A device with memory of its own
    has no such bound: a training step frees nearly all that it used and takes it again in the next.

    Attributes:
        capacity: bytes of the device.
        most_pooled: how many of them may lie free.
    """

    def __init__(self, context: Any) -> None:
        device = context.devices[0]
        self._context = context
        self.capacity = int(device.global_mem_size)
        self.most_pooled = self.capacity // 4 if device.host_unified_memory else self.capacity
        self._free: dict[int, deque[tuple[int, Any]]] = {}  # by size class: when freed and the buffer, latest last
        self._frees = 0
        self._buffers = 0  # living and free
        self._bytes = 0
        self._pooled = 0  # bytes of the free ones

    def allocate(self, size: int) -> Memory:
        """Return at least ``size`` bytes, contents undefined, and the slack behind them.

        Raises:
            DeviceError: if the device has no such memory.
        """
        buffer, size_class = self.take(size)
        return Memory(buffer, pool=self, size_class=size_class)

    def take(self, size: int) -> tuple[Any, int]:
        """Return a buffer of at least ``size`` bytes and the slack, and its bytes, for ``take_back``."""
        size_class = _size_class(size + SLACK_BYTES)
        free = self._free.get(size_class)
        if free:
            self._pooled -= size_class
            return free.pop()[1], size_class
        return self._new_buffer(size_class), size_class

    def take_back(self, buffer: Any, size_class: int) -> None:
        """Keep ``buffer`` for the next allocation of its size class."""
        self._frees += 1
        free = self._free.get(size_class)
        if free is None:
            free = self._free[size_class] = deque()
        free.append((self._frees, buffer))
        self._pooled += size_class
        if self._pooled > self.most_pooled:
            self.release(self._pooled - self.most_pooled)

    def release(self, size: int | None = None) -> None:
        """Give free buffers of at least ``size`` bytes back to the driver, those longest free first; None: all."""
        least = 0 if size is None else self._pooled - size
        while self._pooled > max(least, 0):
            size_class = min(filter(self._free.get, self._free), key=lambda key: self._free[key][0][0])
            self._free[size_class].popleft()
            self._pooled -= size_class
            self._bytes -= size_class
            self._buffers -= 1

    def info(self) -> MemoryInfo:
        """Return how many allocations live, their bytes, and the bytes that lie free."""
        free = sum(map(len, self._free.values()))
        return MemoryInfo(self._buffers - free, self._bytes - self._pooled, self._pooled)

    def _new_buffer(self, size: int) -> Any:
        if self._bytes + size > self.capacity - self.capacity // RESERVE:
            self._make_room(size)
        cl = load_pyopencl()
        try:
            buffer = cl.Buffer(self._context, cl.mem_flags.READ_WRITE, size)
        except cl.Error:
            self._collect()
            try:
                buffer = cl.Buffer(self._context, cl.mem_flags.READ_WRITE, size)
            except cl.Error as error:
                raise _no_room(size, str(error)) from None
        self._buffers += 1
        self._bytes += size
        return buffer

    def _make_room(self, size: int) -> None:
        """Release free buffers until a new one fits; DeviceError if the living ones leave no room."""
        self.release(self._bytes + size - (self.capacity - self.capacity // RESERVE))
        if self._bytes + size > self.capacity:
            self._collect()
        if self._bytes + size > self.capacity:  # NVIDIA's driver would notice only when a kernel runs
            raise _no_room(size, f"{self._bytes:,} of {self.capacity:,} bytes in use")

    def _collect(self) -> None:
        """Free the arrays in reference cycles, which only the garbage collector finds, then all that lies free."""
        gc.collect()
        self.release()


def _no_room(size: int, found: str) -> DeviceError:
    return DeviceError(
        f"expected room for {size:,} bytes on the device, got {found}; free arrays (with mathcore.scope), or use a "
        "smaller batch or more shards"
    )


@lru_cache(maxsize=4096)
def _size_class(size: int) -> int:
    """Return ``size`` rounded up so that at most a fifth is wasted, and never more than a few megabytes."""
    step = min(max(SMALLEST_STEP, 1 << (size - 1).bit_length() >> 3), LARGEST_STEP)
    return -(-size // step) * step
