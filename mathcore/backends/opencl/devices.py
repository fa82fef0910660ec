"""The OpenCL devices of this machine: listing them, choosing one, and taking a share of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mathcore.backends.opencl.vendors import load_pyopencl
from mathcore.errors import DeviceError

PREFERENCE = ("gpu", "accelerator", "cpu")


@dataclass(frozen=True)
class DeviceInfo:
    """One device.

    Attributes:
        index: its place in the list; stable while drivers and hardware stay the same.
        name: the driver's name for it.
        platform: the name of the driver.
        kind: ``"gpu"``, ``"cpu"`` or ``"accelerator"``.
        compute_units: cores or multiprocessors.
        memory_bytes: its global memory.
        driver: the driver's version.
        default: whether it is used where none is named.
        reason: why it is the default, or why it is not.
    """

    index: int
    name: str
    platform: str
    kind: str
    compute_units: int
    memory_bytes: int
    driver: str
    default: bool
    reason: str


def list_devices() -> list[DeviceInfo]:
    """Return every OpenCL device, exactly one of them the default.

    Raises:
        DeviceError: if pyopencl or every driver is missing.
    """
    devices = _find_devices()
    chosen = _default_index(devices)
    kinds = [kind(device) for device in devices]
    return [_describe(device, index=index, chosen=chosen, kinds=kinds) for index, device in enumerate(devices)]


def open_device(wanted: str | None, share: tuple[int, int] | None) -> Any:
    """Return the pyopencl device that ``wanted`` (index or part of a name; None: the default) and ``share`` ask for.

    Raises:
        DeviceError: if there is no such device or it cannot be shared so; names what there is.
    """
    device = _find_devices()[find_index(wanted)]
    return device if share is None else _take_share(device, *share)


def find_index(wanted: str | None) -> int:
    """Return the place in the list of the device that ``wanted`` (index or part of a name; None: the default) names.

    Raises:
        DeviceError: if there is no such device; names what there is.
    """
    devices = _find_devices()
    return _default_index(devices) if wanted is None else _match(wanted, devices)


def kind(device: Any) -> str:
    """Return ``"gpu"``, ``"cpu"`` or ``"accelerator"`` for a pyopencl device."""
    types = load_pyopencl().device_type
    if device.type & types.GPU:
        return "gpu"
    return "cpu" if device.type & types.CPU else "accelerator"


def _find_devices() -> list[Any]:
    cl = load_pyopencl()
    devices: list[Any] = []
    try:
        for platform in cl.get_platforms():
            devices += _devices_of(cl, platform)
    except cl.Error:
        pass  # the loader's way of saying that there is no driver at all
    if not devices:
        raise DeviceError(
            "expected at least one OpenCL device, got none; install a driver (on x86-64: pip install intel-opencl-rt "
            "intel-cmplr-lib-rt; for a GPU: its maker's) or use the numpy backend"
        )
    return devices


def _devices_of(cl: Any, platform: Any) -> list[Any]:
    try:
        return list(platform.get_devices())
    except cl.Error:
        return []  # a driver without its device


def _default_index(devices: list[Any]) -> int:
    """Return the first device of the best kind; among several, the one with the most compute units."""

    def rank(index: int) -> tuple[int, int, int]:
        device = devices[index]
        return PREFERENCE.index(kind(device)), -device.max_compute_units, index

    return min(range(len(devices)), key=rank)


def _describe(device: Any, *, index: int, chosen: int, kinds: list[str]) -> DeviceInfo:
    return DeviceInfo(
        index=index,
        name=device.name.strip(),
        platform=device.platform.name.strip(),
        kind=kinds[index],
        compute_units=device.max_compute_units,
        memory_bytes=device.global_mem_size,
        driver=device.driver_version.strip(),
        default=index == chosen,
        reason=_reason(index, chosen, kinds),
    )


def _reason(index: int, chosen: int, kinds: list[str]) -> str:
    if index != chosen:
        return f"device {chosen} is preferred; choose this one by its index or name"
    if kinds[index] == "gpu":
        others = kinds.count("gpu") - 1
        return f"the GPU with the most compute units, of {others + 1}" if others else "the only GPU"
    return f"no GPU found; {'the only device' if len(kinds) == 1 else 'the best of the other devices'}"


def _match(wanted: str, devices: list[Any]) -> int:
    names = [device.name.strip() for device in devices]
    if wanted.isdecimal() and int(wanted) < len(names):
        return int(wanted)
    found = [index for index, name in enumerate(names) if wanted.lower() in name.lower()]
    if not found or wanted.isdecimal():
        listed = ", ".join(f"{index} {name}" for index, name in enumerate(names))
        raise DeviceError(f"expected the index or part of the name of a device, got {wanted!r}; there are: {listed}")
    return found[0]


def _take_share(device: Any, part: int, parts: int) -> Any:
    """Return the sub-device ``part`` of ``parts`` equal ones; a GPU is given whole, its driver takes turns.

    Where there are more parts than compute units, several parts get the same unit.
    """
    cl = load_pyopencl()
    units = device.max_compute_units
    if not 0 <= part < parts:
        raise DeviceError(f"expected a share (i, n) with 0 <= i < n, got ({part}, {parts})")
    if kind(device) != "cpu" or min(parts, units) == 1:
        return device
    try:
        shares = device.create_sub_devices([cl.device_partition_property.EQUALLY, max(1, units // parts)])
        return shares[part % len(shares)]
    except cl.Error as error:
        raise DeviceError(
            f"{device.name.strip()}: expected a driver that can share the device, got {error}; use it whole"
        ) from None
