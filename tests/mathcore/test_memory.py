"""Scopes free what was made in them and nothing else; the counters tell what is held."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import mathcore
from mathcore import NDArray
from mathcore.backends.base import Backend
from mathcore.errors import FreedError, MathcoreError
from mathcore.memory import open_scopes


def make(backend: Backend, *shape: int) -> NDArray:
    """Return 0, 1, ... in some shape."""
    return backend.asarray(np.arange(np.prod(shape), dtype=np.float32)).reshape(*shape)


@pytest.fixture(autouse=True)
def _all_scopes_end() -> Iterator[None]:
    gc.collect()  # what earlier tests left must not vanish while one counts
    yield
    assert not open_scopes


# Scopes


def test_arrays_made_in_a_scope_are_freed_at_its_end(backend: Backend) -> None:
    before = backend.memory_info()
    with mathcore.scope():
        x = make(backend, 3, 4)
        y = x + x
        assert backend.memory_info().live_buffers == before.live_buffers + 2
    assert x.freed
    assert y.freed
    assert backend.memory_info()[:2] == before[:2]


def test_an_array_of_before_a_scope_stays(backend: Backend) -> None:
    x = make(backend, 3)
    with mathcore.scope():
        y = x.reshape(3, 1)
    assert y.freed
    assert x.tolist() == [0, 1, 2]


def test_what_is_kept_outlives_the_scope(backend: Backend) -> None:
    with mathcore.scope() as s:
        x = make(backend, 3)
        y = s.keep(x + x)
    assert x.freed
    assert y.tolist() == [0, 2, 4]


def test_what_is_kept_passes_to_the_scope_around(backend: Backend) -> None:
    with mathcore.scope():
        with mathcore.scope() as inner:
            x = inner.keep(make(backend, 3))
        assert not x.freed
    assert x.freed


def test_what_all_scopes_keep_outlives_all(backend: Backend) -> None:
    with mathcore.scope() as outer:
        with mathcore.scope() as inner:
            x = outer.keep(inner.keep(make(backend, 3)))
        with mathcore.scope():
            pass
    assert not x.freed


def test_keeping_an_array_of_outside_does_not_hand_it_on(backend: Backend) -> None:
    x = make(backend, 3)
    with mathcore.scope(), mathcore.scope() as inner:
        inner.keep(x)
    assert not x.freed


def test_an_exception_ends_a_scope_too(backend: Backend) -> None:
    before = backend.memory_info()
    arrays = []

    def fail() -> None:
        with mathcore.scope():
            arrays.append(make(backend, 3))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert arrays[0].freed
    assert backend.memory_info()[:2] == before[:2]


def test_a_scope_does_not_hold_what_nobody_refers_to(backend: Backend) -> None:
    before = backend.memory_info().live_buffers
    with mathcore.scope():
        for _ in range(5):
            x = make(backend, 1000)
        assert backend.memory_info().live_buffers == before + 1
        del x
        assert backend.memory_info().live_buffers == before


def test_a_scope_frees_reference_cycles_without_the_garbage_collector(backend: Backend) -> None:
    before = backend.memory_info().live_buffers
    gc.disable()
    try:
        with mathcore.scope():
            cycle: list[Any] = [make(backend, 1000)]
            cycle.append(cycle)
            del cycle
            assert backend.memory_info().live_buffers == before + 1
        assert backend.memory_info().live_buffers == before
    finally:
        gc.enable()


def test_a_scope_may_be_used_again_but_not_while_it_is_open(backend: Backend) -> None:
    s = mathcore.scope()
    for _ in range(2):
        with s:
            x = make(backend, 3)
            with pytest.raises(MathcoreError, match="expected one that is not open"):
                s.__enter__()
        assert x.freed


def test_arrays_made_by_another_thread_are_not_of_this_scope(backend: Backend) -> None:
    made: list[NDArray] = []
    with mathcore.scope():
        thread = threading.Thread(target=lambda: made.append(make(backend, 3)))
        thread.start()
        thread.join()
    assert made[0].tolist() == [0, 1, 2]


def test_asynchronous_tasks_have_scopes_of_their_own(backend: Backend) -> None:
    async def scoped(begun: asyncio.Event, go_on: asyncio.Event) -> NDArray:
        with mathcore.scope():
            begun.set()
            await go_on.wait()
            return make(backend, 3)

    async def main() -> tuple[NDArray, NDArray]:
        begun, go_on = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(scoped(begun, go_on))
        await begun.wait()
        x = make(backend, 3)
        go_on.set()
        return x, await task

    outside, inside = asyncio.run(main())
    assert not outside.freed
    assert inside.freed


def test_scopes_that_do_not_end_in_order_still_free_their_own(backend: Backend) -> None:
    def items() -> Generator[NDArray, None, None]:
        with mathcore.scope():
            yield make(backend, 1)
            yield make(backend, 2)

    with mathcore.scope():
        with mathcore.scope():
            x = make(backend, 3)
            generator = items()
            y = next(generator)
        assert x.freed
        assert not y.freed
        generator.close()
        assert y.freed
        z = make(backend, 3)
    assert z.freed


def test_arrays_made_under_no_scope_outlive_all(backend: Backend) -> None:
    with mathcore.scope():
        with mathcore.no_scope():
            x = make(backend, 3)
        y = make(backend, 3)
    assert not x.freed
    assert y.freed


# The decorator


@dataclass
class Pair:
    x: NDArray
    rest: Any


def test_a_decorated_function_keeps_what_it_returns(backend: Backend) -> None:
    left = []

    @mathcore.scope
    def double(x: NDArray) -> NDArray:
        """Return 2 x."""
        left.append(x + x)
        return left[0] + 0

    y = double(make(backend, 3))
    assert left[0].freed
    assert y.tolist() == [0, 2, 4]
    assert double.__doc__ == "Return 2 x."


@pytest.mark.parametrize(
    "wrap",
    [
        lambda x: x,
        lambda x: (1, x),
        lambda x: [[x], "text"],
        lambda x: {"x": {"x": x}},
        lambda x: Pair(x, None),
        lambda x: Pair(None, [x]),  # type: ignore[arg-type]
        lambda x: [{"deep": (Pair(x, 1),)}],
    ],
)
def test_arrays_in_containers_are_kept(backend: Backend, wrap: Callable[[NDArray], Any]) -> None:
    made = []

    @mathcore.scope()
    def function() -> Any:
        made.append(make(backend, 3))
        return wrap(made[0])

    function()
    assert made[0].tolist() == [0, 1, 2]


def test_containers_may_contain_themselves(backend: Backend) -> None:
    with mathcore.scope() as s:
        x = make(backend, 3)
        circle: list[Any] = [x]
        circle.append(circle)
        s.keep(circle)
    assert not x.freed


def test_a_decorated_function_may_call_itself(backend: Backend) -> None:
    @mathcore.scope
    def total(x: NDArray, times: int) -> NDArray:
        return x if times == 1 else x + total(x, times - 1)

    before = backend.memory_info().live_buffers
    y = total(make(backend, 3), 5)
    assert y.tolist() == [0, 5, 10]
    assert backend.memory_info().live_buffers == before + 1


def test_functions_that_stop_half_way_are_refused() -> None:
    def generator() -> Iterator[int]:
        yield 1

    async def coroutine() -> None:
        pass

    async def both() -> AsyncIterator[int]:
        yield 1

    for function in (generator, coroutine, both):
        with pytest.raises(MathcoreError, match="expected a plain function, got .*; open a scope inside it"):
            mathcore.scope(function)


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
