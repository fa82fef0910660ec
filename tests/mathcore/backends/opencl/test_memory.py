"""Memory goes back to the pool with the last array on it, never before."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.backends.opencl.memory import Memory, MemoryPool
from mathcore.errors import DeviceError


def test_a_buffer_is_used_again_once_its_array_is_gone(device: OpenCLBackend) -> None:
    x = device.empty((1000, 1000))
    buffer = x.data.buffer
    gc.disable()  # reference counts must do, or training would allocate afresh in every step
    try:
        del x
        assert device.empty((1000, 1000)).data.buffer is buffer
    finally:
        gc.enable()


def test_a_view_keeps_the_memory_of_its_array(device: OpenCLBackend) -> None:
    x = device.asarray(np.arange(1024, dtype=np.float32))
    buffer = x.data.buffer
    part = device.view(device.view(x, 256, (512,)), 0, (256, 2))
    del x
    gc.collect()
    other = device.zeros((1024,))
    assert other.data.buffer is not buffer
    np.testing.assert_array_equal(part.numpy(), np.arange(256, 768, dtype=np.float32).reshape(256, 2))


def test_a_view_of_a_view_counts_from_the_view(device: OpenCLBackend) -> None:
    if device.queue.kind == "cpu":  # overlapping views are not for GPUs
        x = device.asarray(np.arange(1024, dtype=np.float32))
        part = device.view(device.view(x, 256, (768,)), 256, (2, 3))
        np.testing.assert_array_equal(part.numpy(), np.arange(512, 518, dtype=np.float32).reshape(2, 3))


def test_waste_of_an_allocation_is_bounded(device: OpenCLBackend) -> None:
    for size in (1, 5000, 100_000, 1_000_001, 33_554_433):
        allocated = device.queue.pool.allocate(size).buffer.size
        assert size <= allocated <= max(8192, min(1.26 * size, size + 5_000_000))


def test_more_memory_than_the_device_has_is_a_clear_error(device: OpenCLBackend) -> None:
    with pytest.raises(DeviceError, match="expected room for .* bytes .* use a smaller batch"):
        device.empty((2**20, 2**20, 16))


MEGABYTE = 2**20


@pytest.fixture
def pool(device: OpenCLBackend) -> MemoryPool:
    """Return a pool of its own."""
    return MemoryPool(device.queue.pool._context)


def allocate(pool: MemoryPool, count: int, size: int) -> list[Memory]:
    return [pool.allocate(size) for _ in range(count)]


def test_free_buffers_stay_within_the_bound(pool: MemoryPool) -> None:
    pool.most_pooled = 10 * MEGABYTE
    for size in (1000, 10_000, MEGABYTE, 3 * MEGABYTE, 20 * MEGABYTE):
        living = allocate(pool, 20, size)
        assert pool.info().live_buffers == 20
        living.clear()
        assert pool.info()[:2] == (0, 0)
        assert pool.info().pooled_bytes <= pool.most_pooled


def test_the_buffers_longest_free_go_first(pool: MemoryPool) -> None:
    old, young = pool.allocate(MEGABYTE), pool.allocate(2 * MEGABYTE)
    kept = young.buffer
    del old, young
    pool.release(1)
    assert pool.allocate(2 * MEGABYTE).buffer is kept
    assert pool.info().live_bytes + pool.info().pooled_bytes == kept.size


def test_releasing_gives_all_free_buffers_back_and_no_other(pool: MemoryPool) -> None:
    x = pool.allocate(MEGABYTE)
    allocate(pool, 5, 1000).clear()
    pool.release()
    assert pool.info() == (1, x.buffer.size, 0)


def test_a_device_full_of_free_buffers_has_room_for_a_living_one(pool: MemoryPool) -> None:
    pool.capacity = 40 * MEGABYTE
    allocate(pool, 25, MEGABYTE).clear()
    x = pool.allocate(20 * MEGABYTE)
    assert pool.info().live_bytes == x.buffer.size
    assert x.buffer.size + pool.info().pooled_bytes <= pool.capacity


def test_arrays_in_reference_cycles_make_room_when_the_device_is_full(pool: MemoryPool) -> None:
    pool.capacity = 40 * MEGABYTE
    gc.disable()
    try:
        for _ in range(5):
            cycle: list[object] = [pool.allocate(20 * MEGABYTE)]
            cycle.append(cycle)
            del cycle
        assert pool.info().live_buffers == 1
    finally:
        gc.enable()


def test_a_device_full_of_living_arrays_is_a_clear_error(pool: MemoryPool) -> None:
    pool.capacity = 40 * MEGABYTE
    living = allocate(pool, 1, 30 * MEGABYTE)
    with pytest.raises(DeviceError, match="got .* of .* bytes in use; free arrays"):
        pool.allocate(20 * MEGABYTE)
    assert pool.info().live_buffers == len(living)
