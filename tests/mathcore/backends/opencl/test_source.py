"""Kernel sources: what a file includes is put in its place; the digest names the kernel set."""

from __future__ import annotations

from mathcore.backends.opencl import source
from mathcore.backends.opencl.backend import OpenCLBackend


def test_digest_covers_names_and_contents() -> None:
    digests = {
        source._digest(files)
        for files in ([("a", "x"), ("b", "y")], [("a", "xb"), ("", "y")], [("a", "x")], [("a", "x"), ("b", "z")])
    }
    assert len(digests) == 4


def test_equivalence_class_names_kind_driver_width_and_kernel_set(device: OpenCLBackend) -> None:
    backend, kind, platform, driver, width, digest = device.equivalence_class.split("/")
    assert (backend, kind) == ("opencl", device.queue.kind)
    assert platform
    assert driver
    assert int(width) == device.queue.tuning.vector
    assert digest == source.digest()[:12]


def test_included_files_are_put_in_their_place_and_lines_keep_their_numbers() -> None:
    text = source.assemble("elementwise.cl", ())
    before, inside = text.split('#line 1 "operations.cl"\n')
    lines = (source.FOLDER / "elementwise.cl").read_text().split("\n")
    place = lines.index('#include "operations.cl"')
    assert before.endswith("\n".join(lines[:place]) + "\n")
    assert inside.startswith((source.FOLDER / "operations.cl").read_text())
    assert inside.split(f'#line {place + 2} "elementwise.cl"\n')[1].rstrip() == "\n".join(lines[place + 1 :]).rstrip()


def test_the_last_value_of_a_macro_counts() -> None:
    assert source.assemble("relu.cl", (("VEC", 8), ("LOCAL", 1), ("VEC", 16))).startswith(
        "#define VEC 16\n#define LOCAL 1\n#line"
    )
