"""From transformations to one program: they are run once, on symbols that record what is done with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np
from numpy.typing import DTypeLike

from mathcore.array import NDArray
from mathcore.backends.operations import BOOL
from mathcore.backends.update_program import EXACT, GRADIENT, PARAMETERS, UpdateProgram
from mathcore.errors import OptimizerError
from mathcore.functions.arithmetic import add, positive
from mathcore.fusion import Recorder, Symbol
from mathcore.optimizers.transformation import Transformation

FLOAT32 = np.dtype(np.float32)

RATE = "rate"
Source = float | str | tuple[int, str]
"""Where a number comes from: a constant, the learning rate, or what the n-th transformation calls it."""


class Tracer(Recorder):
    """The backend of symbols: records exact operations and refuses all others.

    Attributes:
        sources: where the program's numbers come from, in order.
    """

    def __init__(self, name: str, *, slots: int, multiplied: bool) -> None:
        super().__init__(name)
        self.slots = slots
        self.multiplied = multiplied
        self.sources: list[Source] = []
        self._first_number = 2 + slots + 2 * multiplied

    def refuse(self, found: str) -> NoReturn:
        raise OptimizerError(
            f"{self.name}: expected operations whose bits are the same everywhere ({', '.join(sorted(EXACT))}), "
            f"got {found}; rewrite it with them, or compute a number in numbers()"
        )

    def value(self, number: int) -> Symbol:
        """Return the symbol of a value that is there before the first step."""
        return Symbol(self, -1 - number, FLOAT32)

    def number(self, source: Source) -> Symbol:
        """Return the symbol of a number."""
        key = [x.hex() if isinstance(x, float) else x for x in (*self.sources, source)]  # -0.0 is not 0.0
        place = key.index(key[-1])
        if place == len(self.sources):
            self.sources.append(source)
        return self.value(self._first_number + place)

    def elementwise(self, operation: str, *operands: NDArray) -> Symbol:
        if operation not in EXACT:
            self.refuse(operation)
        return super().elementwise(operation, *operands)

    def cast(self, x: NDArray, dtype: DTypeLike) -> Symbol:
        self.refuse(f"a conversion to {np.dtype(dtype)} (use where for a condition)")

    def asarray(self, values: Any, dtype: DTypeLike | None = None) -> Symbol:
        if isinstance(values, bool) or not isinstance(values, int | float | np.floating | np.integer):
            self.refuse(f"{type(values).__name__} beside vectors")
        return self.number(float(values))

    def program(self, writes: Sequence[tuple[int, Symbol]]) -> UpdateProgram:
        """Return the steps so far, as a program that writes symbols to vectors."""
        # A value that is a vector itself is copied first, for vectors are written one after the other.
        ends: list[tuple[int, NDArray]] = [(vector, positive(x) if x.data < 0 else x) for vector, x in writes]
        count = self._first_number + len(self.sources)
        steps = tuple(step._replace(inputs=tuple(_place(x, count) for x in step.inputs)) for step in self._steps)
        return UpdateProgram(
            slots=self.slots, multiplied=self.multiplied, numbers=len(self.sources), steps=steps,
            writes=tuple((vector, _place(x.data, count)) for vector, x in ends),
        )  # fmt: skip


class State:
    """The state of one transformation while it is traced: its vectors as attributes."""

    _owner: str
    _vectors: dict[str, Symbol]

    def __init__(self, owner: str, vectors: dict[str, Symbol]) -> None:
        self.__dict__.update(_owner=owner, _vectors=vectors)

    def __getattr__(self, name: str) -> NDArray:
        self._check(name)
        return self._vectors[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self._check(name)
        self._vectors[name] = _vector(self._owner, value)

    def _check(self, name: str) -> None:
        if name not in self._vectors:
            names = ", ".join(self._vectors) or "none"
            raise OptimizerError(f"{self._owner}: expected state {names}, got {name!r}; name it in the class's state")


class Numbers:
    """The numbers of one transformation while it is traced, as attributes."""

    def __init__(self, tracer: Tracer, place: int, rate: NDArray, decay_mult: NDArray | float) -> None:
        self._tracer = tracer
        self._place = place
        self.rate = rate
        self.decay_mult = decay_mult

    def __getattr__(self, name: str) -> NDArray:
        return self._tracer.number((self._place, name))


def trace(name: str, chain: Sequence[Transformation], *, multiplied: bool) -> tuple[UpdateProgram, tuple[Source, ...]]:
    """Return the program of a chain, and where its numbers come from.

    Raises:
        OptimizerError: if a transformation does what cannot be recorded.
    """
    slots = sum(len(transformation.state) for transformation in chain)
    tracer = Tracer(name, slots=slots, multiplied=multiplied)
    w = tracer.value(PARAMETERS)
    u = tracer.value(GRADIENT)
    rate: NDArray = tracer.number(RATE)
    decay_mult: NDArray | float = 1.0
    if multiplied:
        rate, decay_mult = rate * tracer.value(2 + slots), tracer.value(3 + slots)
    writes: list[tuple[int, Symbol]] = []
    for place, transformation in enumerate(chain):
        owner = f"{name}, {type(transformation).__name__}"
        first = 2 + len(writes)
        vectors = {slot: tracer.value(first + k) for k, slot in enumerate(transformation.state)}
        numbers = Numbers(tracer, place, rate, decay_mult)
        u = _vector(owner, transformation.update(u, w, State(owner, vectors), numbers))
        writes += [(first + k, vectors[slot]) for k, slot in enumerate(transformation.state)]
    return tracer.program([*writes, (PARAMETERS, _vector(name, add(w, u)))]), tuple(tracer.sources)


def _vector(owner: str, value: Any) -> Symbol:
    if not isinstance(value, Symbol) or value.dtype == BOOL:
        raise OptimizerError(
            f"{owner}: expected a vector of numbers made from the arguments, got {type(value).__name__}; "
            "return or assign one"
        )
    return value


def _place(value: int, count: int) -> int:
    """Return the number of a value in the program: those that are there first are below zero while tracing."""
    return -1 - value if value < 0 else count + value
