"""Kernel objects are made once for their numbers; a file that does not compile is named in one line."""

from __future__ import annotations

import numpy as np
import pytest

from mathcore.backends.opencl import program, source
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.backends.opencl.program import INT16, PackedKernel, Programs
from mathcore.errors import DeviceError


def make_programs(device: OpenCLBackend) -> Programs:
    context = device.queue.pool.allocate(1).buffer.context
    return Programs(context, device.queue.device, device.queue.tuning.macros, None)


def test_the_same_numbers_give_the_same_kernel_object(device: OpenCLBackend) -> None:
    programs = make_programs(device)
    first = programs.kernel("relu.cl", "relu", (), 2, (1, 8, 8))
    assert programs.kernel("relu.cl", "relu", (), 2, (1, 8, 8)) is first
    assert programs.kernel("relu.cl", "relu", (), 2, (1, 9, 9)) is not first


def test_the_oldest_of_many_kernel_objects_is_set_anew(device: OpenCLBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "MOST_KERNELS", 2)
    programs = make_programs(device)
    made = [programs.kernel("relu.cl", "relu", (), 2, (1, size, 8)) for size in (1, 2, 3, 2, 4)]
    assert made == [made[0], made[1], made[0], made[1], made[1]]
    assert made[0] != made[1]


def test_results_stay_right_when_kernel_objects_are_set_anew(
    device: OpenCLBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "MOST_KERNELS", 2)
    arrays = [device.asarray(np.arange(-2, size, dtype=np.float32)) for size in (1, 5, 9, 5, 1, 9, 13)]
    results = [device.relu(x) for x in arrays]  # all are launched before the first is read
    for x, y in zip(arrays, results, strict=True):
        np.testing.assert_array_equal(y.numpy(), np.maximum(x.numpy(), 0))


def test_packed_numbers_are_set_only_where_they_changed(device: OpenCLBackend) -> None:
    class Recorder:
        def set_arg(self, place: int, value: object) -> None:
            calls.append((place, value))

    calls: list[tuple[int, object]] = []
    kernel = PackedKernel(Recorder())
    kernel.set_arguments(["x"], ((1, 2), (3,)))
    kernel.set_arguments(["y"], ((1, 2), (4,)))
    numbers = [INT16.pack(*vector, *(0,) * (16 - len(vector))) for vector in ((1, 2), (3,), (4,))]
    assert calls == [(0, "x"), (1, numbers[0]), (2, numbers[1]), (0, "y"), (2, numbers[2])]
    programs = make_programs(device)
    assert programs.packed_kernel("places.cl", "iota", ()) is programs.packed_kernel("places.cl", "iota", ())


def test_a_file_that_does_not_compile_is_named_in_one_line(
    device: OpenCLBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "assemble", lambda *_: '#line 7 "broken.cl"\nkernel void broken() { nonsense; }\n')
    with pytest.raises(DeviceError, match="expected relu.cl to compile .* got .*error: .*nonsense") as caught:
        make_programs(device).kernel("relu.cl", "relu", (), 0, ())
    assert "\n" not in str(caught.value)


def test_compiler_messages_name_file_and_line_of_the_source() -> None:
    text = source.assemble("relu.cl", (("VEC", 8),))
    assert text.startswith('#define VEC 8\n#line 1 "common.cl"\n')
    assert '\n#line 1 "relu.cl"\n// Rectified' in text
