"""What stands between the brackets of ``x[...]``, as a walk through the flat elements of ``x``.

A key has an offset and parts in order. A part keeps an axis (slices, ``...``, ``None``), or chooses places along one
(whole numbers, arrays of them, and bool arrays, which choose the places where they hold). What the host knows is
checked here; arrays on a device are checked there, which waits for it.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import mathcore  # complete by the time a key is parsed
from mathcore.backends.shapes import Shape, contiguous_strides
from mathcore.errors import DeviceError

if TYPE_CHECKING:
    from mathcore.array import NDArray
    from mathcore.backends.base import Backend


class Kept(NamedTuple):
    """An axis of the result: its length, and how far apart its neighbours are in ``x``."""

    length: int
    stride: int


class Chosen(NamedTuple):
    """Places along one axis.

    Attributes:
        slot: which part of the key chose them; neighbours decide where the axes of ``places`` go.
        places: on the host or on the device, none negative; None for a whole number, which is in the offset.
        stride: how far apart neighbours are in ``x``.
    """

    slot: int
    places: np.ndarray | NDArray | None
    stride: int


class Key(NamedTuple):
    """Where the walk begins, and its parts."""

    offset: int
    parts: list[Kept | Chosen]


def parse(x: NDArray, key: Any) -> Key:
    """Return what ``key`` means for ``x``.

    Raises:
        IndexError: if there are too many parts, a place is out of range, or a part is nothing to index with.
        DeviceError: if an array in the key is on another device.
    """
    items = _items(x, key)
    strides = contiguous_strides(x.shape)
    rest = x.ndim - sum(_axes(item) for item in items)
    if rest < 0:
        raise IndexError(f"expected at most {x.ndim} indices for an array of shape {x.shape}, got {x.ndim - rest}")
    offset, axis = 0, 0
    parts: list[Kept | Chosen] = []
    for slot, item in enumerate(items):
        if item is None:
            parts.append(Kept(1, 0))
        elif item is Ellipsis:
            parts += map(Kept, x.shape[axis : axis + rest], strides[axis : axis + rest])
            axis += rest
        elif isinstance(item, slice):
            start, stop, step = item.indices(x.shape[axis])
            count = len(range(start, stop, step))
            offset += start * strides[axis] if count else 0
            parts.append(Kept(count, step * strides[axis] if count > 1 else 0))  # a step that is not taken may be huge
        elif isinstance(item, int):
            offset += place(item, axis, x.shape[axis]) * strides[axis]
            parts.append(Chosen(slot, None, 0))
        elif item.dtype == np.bool_:
            parts.append(_choose_true(x, slot, item, axis, strides))
        else:
            parts.append(Chosen(slot, places(x.backend, item, axis, x.shape[axis]), strides[axis]))
        axis += 0 if item is Ellipsis else _axes(item)
    return Key(offset, parts)


def mask_of(x: NDArray, key: Any) -> NDArray | None:
    """Return the bool array that is all of ``key``, on the device of ``x``, and None if the key is anything else."""
    item = key[0] if isinstance(key, tuple) and len(key) == 1 else key
    if not isinstance(item, np.ndarray | mathcore.NDArray) or item.dtype != np.bool_ or item.ndim == 0:
        return None
    item = _item(x, item)
    _check_mask(x, item, 0)
    return item if isinstance(item, mathcore.NDArray) else x.backend.asarray(item)


def place(index: int, axis: int, length: int) -> int:
    """Return the place counted from the front.

    Raises:
        IndexError: if there is none.
    """
    if not -length <= index < length:
        raise IndexError(f"index {index} is out of range for axis {axis} of length {length}")
    return index % length


def places(backend: Backend, indices: np.ndarray | NDArray, axis: int, length: int) -> np.ndarray | NDArray:
    """Return whole numbers as int32 places counted from the front.

    Raises:
        IndexError: if one is out of range.
    """
    if isinstance(indices, np.ndarray):
        if indices.size:
            place(int(indices.min()), axis, length)
            place(int(indices.max()), axis, length)
        return np.where(indices < 0, indices + length, indices).astype(np.int32)
    if not indices.size:
        return backend.cast(indices, np.int32)
    reach, signed = indices, indices.dtype.kind == "i"
    if signed:  # for i < 0, ~i is -1 - i: out of range as ``length`` and more are
        reach = backend.elementwise("maximum", indices, backend.elementwise("bitwise_invert", indices))
    if backend.reduce("max", reach, None).item() >= length:
        return places(backend, indices.numpy(), axis, length)
    whole = indices if indices.dtype == np.int32 else backend.cast(indices, np.int32)
    return backend.elementwise("remainder", whole, backend.asarray(np.int32(length))) if signed else whole


def _items(x: NDArray, key: Any) -> list[Any]:
    """Return the parts of a key: None, one ``...``, slices, int, and arrays of bool or whole numbers."""
    items = [_item(x, item) for item in (key if isinstance(key, tuple) else (key,))]
    dots = sum(item is Ellipsis for item in items)
    if dots > 1:
        raise IndexError(f"expected at most one ellipsis, got {dots}")
    return items if dots else [*items, Ellipsis]


def _item(x: NDArray, item: Any) -> Any:
    if item is None or item is Ellipsis or isinstance(item, slice):
        return item
    if isinstance(item, int | np.integer) and not isinstance(item, bool):
        return int(item)
    if isinstance(item, mathcore.NDArray):
        if item.backend is not x.backend:
            raise DeviceError(
                f"expected an index on {x.backend.device}, got one on {item.backend.device}; "
                "move it with i.to_device(x.device)"
            )
        array = item if item.ndim else item.numpy()
    else:
        array = np.asarray(item)
        if array.size == 0 and isinstance(item, list | tuple):
            array = array.astype(np.int32)
    if array.dtype.kind not in "biu":
        raise IndexError(
            f"expected int, slices, ..., None, or arrays of whole numbers or bool, got {_described(item, array)}"
        )
    if array.ndim == 0 and array.dtype.kind != "b":
        return operator.index(array)
    return array


def _described(item: Any, array: np.ndarray | NDArray) -> str:
    return repr(item) if array.ndim == 0 else f"an array of {array.dtype}; convert it with astype"


def _axes(item: Any) -> int:
    """Return of how many axes a part of a key speaks."""
    if item is None or item is Ellipsis:
        return 0
    return item.ndim if getattr(item, "dtype", None) == np.bool_ else 1


def _choose_true(x: NDArray, slot: int, mask: np.ndarray | NDArray, axis: int, strides: Shape) -> Chosen:
    """Return the places where a mask holds; its axes are walked as one."""
    _check_mask(x, mask, axis)
    if mask.ndim == 0:
        return Chosen(slot, np.zeros(int(mask), np.int32), 0)
    found = np.flatnonzero(mask).astype(np.int32) if isinstance(mask, np.ndarray) else x.backend.nonzero(mask)
    return Chosen(slot, found, strides[axis + mask.ndim - 1])


def _check_mask(x: NDArray, mask: np.ndarray | NDArray, axis: int) -> None:
    lengths = x.shape[axis : axis + mask.ndim]
    if mask.shape != lengths:
        raise IndexError(f"expected a bool index of shape {lengths} for an array of shape {x.shape}, got {mask.shape}")
