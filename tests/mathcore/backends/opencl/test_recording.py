"""What only recordings on a device have: kernel objects that launches share, planned memory, users' kernels."""

from __future__ import annotations

import numpy as np
import pytest

from mathcore.array import NDArray
from mathcore.backends.opencl import recorder
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.errors import DeviceError

TEXT = """
kernel void add_number(global const float *x, const float number, global float *y) {
    y[get_global_id(0)] = x[get_global_id(0)] + number;
}
"""


def add_number(device: OpenCLBackend, x: NDArray, number: float, *, text: str = TEXT) -> NDArray:
    """Return x + number by a user's kernel."""
    y = device.empty(x.shape)
    device.launch_text(text, "add_number", (x, np.float32(number).tobytes(), y), global_size=x.shape, local_size=None)
    return y


def test_launches_with_the_same_numbers_share_a_kernel_and_get_their_own_buffers(device: OpenCLBackend) -> None:
    x, y = (device.asarray(np.array(values, np.float32)) for values in ([-1, 2, 3], [4, -5, 6]))
    recording = device.record(lambda: (device.relu(x), device.relu(y), device.relu(device.relu(x))))
    for _ in range(2):
        a, b, c = recording.replay()
        np.testing.assert_array_equal(a.numpy(), [0, 2, 3])
        np.testing.assert_array_equal(b.numpy(), [4, 0, 6])
        np.testing.assert_array_equal(c.numpy(), [0, 2, 3])


def test_more_numbers_than_kernel_objects_are_set_before_each_launch(
    device: OpenCLBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "MOST_KERNELS", 2)
    x = device.asarray(np.arange(12, dtype=np.float32) - 6)
    recording = device.record(lambda: [device.relu(x[:stop]) for stop in range(1, 13)])
    for _ in range(2):
        for stop, y in enumerate(recording.replay(), 1):
            np.testing.assert_array_equal(y.numpy(), np.maximum(np.arange(stop) - 6, 0))


def test_users_kernels_are_recorded(device: OpenCLBackend) -> None:
    x = device.asarray(np.array([1, 2], np.float32))
    recording = device.record(lambda: add_number(device, add_number(device, x, 2), 3))
    assert recording.reason is None
    device.write(x, np.array([10, 20], np.float32))
    np.testing.assert_array_equal(recording.replay().numpy(), [15, 25])


def test_a_users_kernel_that_does_not_compile_is_named_while_recording(device: OpenCLBackend) -> None:
    x = device.asarray(np.array([1, 2], np.float32))
    with pytest.raises(DeviceError, match="add_number: expected OpenCL C that compiles"):
        device.record(lambda: add_number(device, x, 2, text=TEXT.replace("number;", "numbers;")))
    np.testing.assert_array_equal((x + 1).numpy(), [2, 3])


def test_a_recording_takes_no_more_memory_than_a_call(device: OpenCLBackend) -> None:
    x = device.asarray(np.ones(1 << 20, np.float32))

    def function() -> NDArray:
        y = x
        for _ in range(10):
            y = device.relu(y + x)
        return y

    device.release_pool()
    result = function()
    called = device.memory_info().pooled_bytes
    del result
    device.release_pool()
    recording = device.record(function)
    assert 0 < recording.planned_bytes <= called
