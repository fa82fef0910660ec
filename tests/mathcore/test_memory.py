"""Freed arrays say so when used; the counters tell what is held."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import mathcore
from mathcore import NDArray
from mathcore.backends.base import Backend
from mathcore.errors import FreedError


def make(backend: Backend, *shape: int) -> NDArray:
    """Return 0, 1, ... in some shape."""
    return backend.asarray(np.arange(np.prod(shape), dtype=np.float32)).reshape(*shape)


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> None:
    gc.collect()  # what earlier tests left must not vanish while one counts


# Freed arrays


def test_freeing_one_array_leaves_those_that_share_its_memory(backend: Backend) -> None:
    x = make(backend, 3, 4)
    y = x.reshape(4, 3)
    x.free()
    make(backend, 3, 4).numpy().fill(7)  # whatever comes next takes no memory of y
    assert y.tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10, 11]]


def test_freeing_one_array_leaves_the_views_of_it(backend: Backend) -> None:
    x = backend.asarray(np.arange(512, dtype=np.float32))
    part = backend.view(x, 256, (2, 2))
    x.free()
    assert part.tolist() == [[256, 257], [258, 259]]


def test_a_freed_array_still_says_what_it_was(backend: Backend) -> None:
    x = make(backend, 3, 4)
    x.free()
    x.free()
    assert (x.freed, x.shape, x.dtype, x.ndim, x.size) == (True, (3, 4), np.dtype(np.float32), 2, 12)
    assert repr(x) == "NDArray(freed, shape=(3, 4), dtype=float32)"


USES: dict[str, Callable[[NDArray, NDArray], Any]] = {
    "add": lambda x, y: x + y,
    "add from the right": lambda x, y: y + x,
    "add a number": lambda x, _: x + 1,
    "add in place": lambda x, y: x.__iadd__(y),
    "negative": lambda x, _: -x,
    "matmul": lambda x, y: x @ y,
    "sum": lambda x, _: x.sum(),
    "index": lambda x, _: x[0],
    "assign": lambda x, _: x.__setitem__(0, 1),
    "assign from": lambda x, y: y.__setitem__(..., x),
    "reshape": lambda x, _: x.reshape(4),
    "transpose": lambda x, _: x.T,
    "numpy": lambda x, _: x.numpy(),
    "np.asarray": lambda x, _: np.asarray(x),
    "tolist": lambda x, _: x.tolist(),
    "astype": lambda x, _: x.astype("int32"),
    "sort": lambda x, _: mathcore.sort(x),
    "concat": lambda x, y: mathcore.concat([x, y]),
    "to_device": lambda x, _: x.to_device("numpy" if x.backend.name == "opencl" else "opencl"),
}


@pytest.mark.parametrize("use", USES)
def test_using_a_freed_array_is_an_error(backend: Backend, use: str) -> None:
    with mathcore.scope():
        x = make(backend, 2, 2)
    with pytest.raises(FreedError, match=r"shape \(2, 2\), float32, that was freed; .* keep it") as caught:
        USES[use](x, make(backend, 2, 2))
    assert "\n" not in str(caught.value)


# Counters


def test_shared_memory_counts_once(backend: Backend) -> None:
    before = backend.memory_info()
    x = make(backend, 1000, 1000)
    arrays = [x.reshape(1000, 100, 10) for _ in range(10)]
    now = backend.memory_info()
    assert now.live_buffers == before.live_buffers + 1
    assert 4_000_000 <= now.live_bytes - before.live_bytes <= 5_000_000  # devices round up by a fifth at most
    del x, arrays
    assert backend.memory_info()[:2] == before[:2]


def test_memory_is_told_by_device(backend: Backend) -> None:
    assert mathcore.memory_info(backend) == backend.memory_info()
    assert mathcore.memory_info(mathcore.device(backend)) == backend.memory_info()


def test_the_pool_is_given_back_on_request(backend: Backend) -> None:
    make(backend, 1000).free()
    if backend.name == "opencl":
        assert mathcore.memory_info(backend).pooled_bytes > 0
    mathcore.release_pool(backend)
    assert mathcore.memory_info(backend).pooled_bytes == 0
    assert make(backend, 3).tolist() == [0, 1, 2]


def test_the_device_can_be_waited_for(backend: Backend) -> None:
    x = make(backend, 1000)
    y = x + x
    backend.synchronize()
    np.testing.assert_array_equal(y.numpy(), x.numpy() * 2)
