"""The digest names the kernel set: any change of any file changes it."""

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
