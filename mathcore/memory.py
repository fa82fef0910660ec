"""When arrays are freed, and what they hold: scopes, counters, the pool.

An array's memory is freed with the last reference to it, as Python does. A scope frees earlier and with certainty: at
its end, all arrays made in it, wherever they are still referred to, save those that were kept. See ``docs/memory.md``.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

import mathcore  # complete by the time a scope is used
from mathcore.backends.base import Backend, MemoryInfo
from mathcore.errors import MathcoreError
from mathcore.living import Living

if TYPE_CHECKING:
    from mathcore.array import NDArray
    from mathcore.devices import Device

P = ParamSpec("P")
T = TypeVar("T")

__all__ = ["MemoryInfo", "Scope", "memory_info", "no_scope", "release_pool", "scope"]

STOP_HALF_WAY = (inspect.isgeneratorfunction, inspect.isasyncgenfunction, inspect.iscoroutinefunction)

open_scopes: set[Scope] = set()
"""The scopes that are open, of all threads. While there are none, making an array costs one look at this."""

_innermost: ContextVar[Scope | None] = ContextVar("scope", default=None)


class Scope:
    """A stretch of a program at whose end its arrays are freed; made by ``scope()``.

    It covers the arrays that this thread (or asynchronous task) makes, by whatever function and on whatever device, and
    no others. It refers to them weakly: what nobody refers to any more is freed at once, as outside of scopes.
    """

    __slots__ = ("_kept", "_made", "_outer")

    def __init__(self) -> None:
        self._made: Living[NDArray] = Living()
        self._kept: dict[int, NDArray] = {}
        self._outer: Scope | None = None

    def keep(self, value: T) -> T:
        """Return ``value``; the arrays in it outlive this scope and pass to the scope around it, if any.

        Args:
            value: an array; or tuples, lists, sets, dicts and dataclasses, nested at will, with arrays among the rest.
        """
        self._kept.update((id(x), x) for x in _arrays_in(value))
        return value

    def __enter__(self) -> Scope:
        if self in open_scopes:
            raise MathcoreError("scope: expected one that is not open, got one that is; make another with scope()")
        self._outer = _innermost.get()
        _innermost.set(self)
        open_scopes.add(self)
        return self

    def __exit__(self, *_: object) -> None:
        open_scopes.discard(self)
        _innermost.set(_open(_innermost.get()))
        outer, made, kept = _open(self._outer), self._made, self._kept
        self._made, self._kept = Living(), {}
        for x in made:
            if id(x) not in kept:
                x.free()
            elif outer is not None:
                outer._made.add(x)

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        return scope(function)


@overload
def scope() -> Scope: ...
@overload
def scope(function: Callable[P, T], /) -> Callable[P, T]: ...
def scope(function: Callable[P, T] | None = None, /) -> Scope | Callable[P, T]:
    """Free every array that is made inside, save those kept, at the end, however it is reached.

        with mathcore.scope() as s:
            ...
            s.keep(x)

        @mathcore.scope
        def f(x): ...  # frees all but what it returns, as by ``keep``

    Scopes nest. In a generator, a ``with mathcore.scope()`` that is open while an item is out covers what the caller
    makes meanwhile, too; decorating one is refused.

    Raises:
        MathcoreError: if ``function`` is a generator or a coroutine function.
    """
    if function is None:
        return Scope()
    if any(stops(function) for stops in STOP_HALF_WAY):
        raise MathcoreError(
            f"scope: expected a plain function, got {function!r}, which stops half-way; "
            "open a scope inside it, around what makes one item"
        )

    @functools.wraps(function)
    def scoped(*args: P.args, **kwargs: P.kwargs) -> T:
        with Scope() as s:
            return s.keep(function(*args, **kwargs))

    return scoped


@contextmanager
def no_scope() -> Iterator[None]:
    """Let arrays made inside outlive all scopes: for what a function makes when first called, and needs ever after."""
    token = _innermost.set(None)
    try:
        yield
    finally:
        _innermost.reset(token)


def track(x: NDArray) -> None:
    """Note a new array in the innermost scope of this thread; only called while ``open_scopes`` has any."""
    innermost = _open(_innermost.get())
    if innermost is not None:
        innermost._made.add(x)


def memory_info(device: str | Device | Backend | None = None) -> MemoryInfo:
    """Return what arrays hold on a device (default: the default device).

    Returns:
        ``live_buffers`` and ``live_bytes``: allocations that arrays use, shared ones counted once; ``pooled_bytes``:
        what is free and kept for the next arrays.
    """
    return mathcore.device(device).backend.memory_info()


def release_pool(device: str | Device | Backend | None = None) -> None:
    """Give the memory that is free, and kept for the next arrays, back to the driver."""
    mathcore.device(device).backend.release_pool()


def _open(scope: Scope | None) -> Scope | None:
    """Return the scope, or the first around it that is still open."""
    while scope is not None and scope not in open_scopes:
        scope = scope._outer
    return scope


def _arrays_in(value: Any) -> Iterator[NDArray]:
    """Return the arrays in nested containers."""
    seen = set()
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, mathcore.NDArray):
            yield value
        elif id(value) in seen:
            continue
        elif isinstance(value, list | tuple | set | frozenset):
            waiting.extend(value)
        elif isinstance(value, dict):
            waiting.extend(value.values())
        elif dataclasses.is_dataclass(value):
            waiting.extend(getattr(value, field.name, None) for field in dataclasses.fields(value))
        seen.add(id(value))
