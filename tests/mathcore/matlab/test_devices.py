"""Where matrices are, and when their memory is given back."""

from __future__ import annotations

import numpy as np
import pytest

import mathcore
from mathcore import matlab
from mathcore.backends.base import Backend
from mathcore.errors import DeviceError
from mathcore.matlab import Matrix

TYPES = {"numpy": "cpu", "opencl": "cl"}


def test_the_type_of_a_device_is_cpu_or_cl(backend: Backend) -> None:
    x = Matrix(backend.zeros((2, 2)))
    assert matlab.devicetype(x) == matlab.devicetype(x.array) == TYPES[backend.name]
    assert matlab.devicetype([1, 2]) is None


def test_arrays_go_to_a_device_and_back(backend: Backend) -> None:
    # Given
    x = Matrix(backend.asarray(np.array([[1, 2], [3, 4]], np.int32)))

    # When
    there = matlab.gpuArray(x)
    back = matlab.gather(there)

    # Then
    assert (matlab.devicetype(there), matlab.devicetype(back)) == ("cl", "cpu")
    assert there.tolist() == back.tolist() == [[1, 2], [3, 4]]


def test_an_array_on_a_device_stays_on_it() -> None:
    x = matlab.gpuArray([1, 2])
    assert matlab.gpuArray(x).array is x.array


def test_there_is_an_opencl_device() -> None:
    assert matlab.initcl() is True
    assert matlab.CL().backend.name == "opencl"


def test_without_an_opencl_device_initcl_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise DeviceError("no OpenCL device")

    monkeypatch.setattr(mathcore, "device", refuse)
    assert matlab.initcl() is False


def test_arrays_of_two_devices_do_not_meet() -> None:
    with pytest.raises(DeviceError):
        matlab.plus(matlab.gpuArray([1, 2]), matlab.gather([1, 2]))


def test_autodestruct_frees_what_is_not_returned(backend: Backend) -> None:
    # Given
    x = Matrix(backend.asarray(np.array([[1, 2], [3, 4]], np.float32)))
    made: list[Matrix] = []

    def compute() -> dict[str, list[Matrix]]:
        made.extend([x + 1, x * 2])
        return {"sum": [made[0] + made[1]]}

    # When
    returned = matlab.autodestruct(compute)

    # Then
    assert [one.array.freed for one in made] == [True, True]
    assert returned["sum"][0].tolist() == [[4, 7], [10, 13]]
    assert not x.array.freed


def test_autodestruct_passes_numbers_through() -> None:
    assert matlab.autodestruct(lambda: 3) == 3
