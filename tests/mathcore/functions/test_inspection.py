"""What the namespace says of itself."""

from __future__ import annotations

import mathcore
from mathcore.backends import Backend


def test_types_by_device_and_kind() -> None:
    info = mathcore.__array_namespace_info__()
    assert set(info.dtypes(device="opencl")) == {"bool", "uint8", "int32", "float32"}
    assert {"float64", "int64"} < set(info.dtypes(device="numpy"))
    assert set(info.dtypes(device="opencl", kind=("bool", "integral"))) == {"bool", "uint8", "int32"}
    assert info.default_dtypes() == {
        "real floating": mathcore.float32, "integral": mathcore.int32, "indexing": mathcore.int32,
    }  # fmt: skip


def test_every_device_that_it_lists_can_be_used() -> None:
    info = mathcore.__array_namespace_info__()
    places = info.devices()
    assert mathcore.device("numpy") in places
    assert info.default_device() in places
    assert all(mathcore.ones(3, device=place).numpy().tolist() == [1, 1, 1] for place in places)


def test_as_many_axes_as_it_says_can_be_used(backend: Backend) -> None:
    axes = mathcore.__array_namespace_info__().capabilities()["max dimensions"]
    shape = (2,) + (1,) * (axes - 2) + (3,)
    x = mathcore.ones(shape, device=mathcore.device(backend))
    assert mathcore.permute_dims(x + x, tuple(reversed(range(axes)))).shape == shape[::-1]
