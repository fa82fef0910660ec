"""Scopes free what was made in them and nothing else, as blocks and around functions."""

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
from mathcore.errors import MathcoreError
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
