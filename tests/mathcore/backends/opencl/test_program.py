"""Kernel objects are made once for their numbers; a file that does not compile is named in one line."""

from __future__ import annotations

import pytest

from mathcore.backends.opencl import program, source
from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.backends.opencl.program import Programs
from mathcore.errors import DeviceError


def make_programs(device: OpenCLBackend) -> Programs:
    context = device.queue.pool.allocate(1).buffer.context
    return Programs(context, device.queue.device, device.queue.tuning.macros, None)


def test_the_same_numbers_give_the_same_kernel_object(device: OpenCLBackend) -> None:
    programs = make_programs(device)
    first = programs.kernel("relu.cl", "relu", (), 2, (1, 8, 8))
    assert programs.kernel("relu.cl", "relu", (), 2, (1, 8, 8)) is first
    assert programs.kernel("relu.cl", "relu", (), 2, (1, 9, 9)) is not first


def test_kernel_objects_are_bounded(device: OpenCLBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "MOST_KERNELS", 2)
    programs = make_programs(device)
    first = programs.kernel("relu.cl", "relu", (), 2, (1, 8, 8))
    for size in range(4):
        programs.kernel("relu.cl", "relu", (), 2, (1, size, 8))
    assert programs.kernel("relu.cl", "relu", (), 2, (1, 8, 8)) is not first


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
