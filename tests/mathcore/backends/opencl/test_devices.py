"""Listing devices, choosing one by index or name, and taking a share of one."""

from __future__ import annotations

import pytest

from mathcore.backends.opencl.backend import OpenCLBackend
from mathcore.backends.opencl.devices import list_devices, open_device
from mathcore.errors import DeviceError


def test_exactly_one_device_is_the_default_and_says_why() -> None:
    devices = list_devices()
    assert [device.default for device in devices].count(True) == 1
    assert all(device.reason for device in devices)
    assert [device.index for device in devices] == list(range(len(devices)))


def test_a_gpu_is_the_default_where_there_is_one() -> None:
    devices = list_devices()
    kinds = {device.kind for device in devices}
    default = next(device for device in devices if device.default)
    assert default.kind == ("gpu" if "gpu" in kinds else default.kind)


def test_a_device_is_found_by_index_and_by_part_of_its_name_in_any_case() -> None:
    first = list_devices()[0]
    assert open_device("0", None).name.strip() == first.name
    assert open_device(first.name[1:].upper(), None).name.strip() == first.name


@pytest.mark.parametrize("wanted", ["99", "no such device"])
def test_an_unknown_device_is_refused_with_a_list_of_those_there_are(wanted: str) -> None:
    with pytest.raises(DeviceError, match=f"got '{wanted}'; there are: 0 "):
        open_device(wanted, None)


def test_shares_of_a_cpu_have_equal_parts_of_its_compute_units_and_a_gpu_is_given_whole(
    device: OpenCLBackend,
) -> None:
    units = device.queue.device.max_compute_units
    expected = max(1, units // 2) if device.queue.kind == "cpu" else units
    assert [open_device(None, (part, 2)).max_compute_units for part in (0, 1)] == [expected] * 2


def test_a_share_of_one_is_the_whole_device(device: OpenCLBackend) -> None:
    assert open_device(None, (0, 1)).max_compute_units == device.queue.device.max_compute_units


@pytest.mark.parametrize("share", [(2, 2), (-1, 2), (0, 0)])
def test_a_share_that_does_not_exist_is_refused(share: tuple[int, int]) -> None:
    with pytest.raises(DeviceError, match="0 <= i < n"):
        open_device(None, share)


def test_of_more_shares_than_compute_units_each_gets_a_unit(device: OpenCLBackend) -> None:
    if device.queue.kind == "cpu":
        assert open_device(None, (999, 1000)).max_compute_units == 1
