"""Every kernel file builds alone after common.cl, with its default macros and at every vector width."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mathcore.backends.opencl import source
from mathcore.backends.opencl.backend import OpenCLBackend

FILES = [name for name in source.file_names() if name != "common.cl"]


@pytest.fixture(scope="module")
def backend() -> OpenCLBackend:
    return OpenCLBackend()


def kernel_names(file: str) -> list[str]:
    return re.findall(r"^KERNEL (\w+)\(", (source.FOLDER / file).read_text(), re.MULTILINE)


def build(backend: OpenCLBackend, file: str, vector: int, local: int) -> set[str]:
    """Build a file and return the names of its kernels for that kind of device."""
    programs = type(backend.queue._programs)(
        backend.queue._context, backend.queue.device, (("VEC", vector), ("LOCAL", local)), None
    )
    program = programs._program(file, ())
    names = set(program.kernel_names.split(";")) if kernel_names(file) else set()  # a file to include has none
    for name in names:
        programs.kernel(file, name, (), 0, ())
    return names


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(("vector", "local"), [(4, 64), (8, 1), (16, 1)])
def test_file_builds_alone(backend: OpenCLBackend, file: str, vector: int, local: int) -> None:
    names = build(backend, file, vector, local)
    assert names <= set(kernel_names(file))
    assert names or not kernel_names(file)


@pytest.mark.parametrize("file", FILES)
def test_file_opens_with_what_it_computes_and_how_exactly(file: str) -> None:
    head = (source.FOLDER / file).read_text().split("\n\n")[0]
    assert head.startswith("// ")
    text = Path(source.FOLDER / file).read_text()
    comment = "\n".join(line for line in text.splitlines() if line.startswith("//"))
    assert "Work-item" in comment or "work-item" in comment
    assert "olerance" in comment
