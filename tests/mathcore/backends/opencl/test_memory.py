"""Memory goes back to the pool with the last array on it, never before."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from mathcore.backends.opencl.backend import OpenCLBackend
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
        assert size <= device.queue.pool.allocate(size).buffer.size <= max(8192, 1.26 * size)


def test_more_memory_than_the_device_has_is_a_clear_error(device: OpenCLBackend) -> None:
    with pytest.raises(DeviceError, match="expected room for .* bytes .* use a smaller batch"):
        device.empty((2**20, 2**20, 16))
