"""Functions of arrays that run as one kernel: ``@mathcore.fused``.

    @mathcore.fused
    def gauss(x, y, scale):
        return mathcore.exp(-(x * x) / scale) * y + 1

On a device, such a function is traced when it is first called with operands of some element types: it is run once on
symbols, which record the element-wise steps. The steps become one kernel, and later calls launch just that: nothing in
between is stored, and the bits are those of the steps one by one. The NumPy backend runs the function as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, ParamSpec

import numpy as np
from numpy.typing import DTypeLike

from mathcore.array import NDArray
from mathcore.backends.operations import MOST_OPERANDS, Chain, DType, Step, result_dtype
from mathcore.deferred import Number, Rule
from mathcore.dtypes import beside, default_dtype
from mathcore.errors import DeviceError, DTypeError, MathcoreError
from mathcore.functions.operands import NUMBERS, convert, same_device, to_array

if TYPE_CHECKING:
    from mathcore.backends.base import Backend

__all__ = ["fused"]

P = ParamSpec("P")

Source = int | Rule
"""Where an operand comes from: the number of an array among the arguments, or the rule of a number."""


class Trace(NamedTuple):
    """A function as steps, and the operands that they take, with their element types."""

    sources: tuple[tuple[Source, DType], ...]
    steps: Chain


class Symbol(NDArray):
    """An array of which a trace knows the element type only; its ``data`` is the number of a value in the trace."""

    __slots__ = ()

    def __init__(self, recorder: Recorder, value: int, dtype: DType) -> None:
        self.backend: Any = recorder
        self.data = value
        self.dtype = dtype

    @property
    def shape(self) -> NoReturn:  # type: ignore[override]  # whatever asks for it is no element-wise function
        recorder: Recorder = self.backend
        recorder.refuse("a use of an array's shape or values")

    def __repr__(self) -> str:
        return f"<array of {self.dtype} in a fused function>"


class Recorder:
    """The backend of symbols: records element-wise steps and refuses everything else.

    Values are numbered: steps 0, 1 ... and operands -1, -2 ...
    """

    def __init__(self, name: str) -> None:
        self.name = self.device = name
        self._sources: list[tuple[Source, DType]] = []
        self._steps: list[Step] = []

    def refuse(self, found: str) -> NoReturn:
        raise MathcoreError(f"{self.name}: expected element-wise functions and operators only, got {found}")

    def __getattr__(self, name: str) -> NoReturn:
        self.refuse(name)

    def operand(self, source: Source, dtype: DType) -> Symbol:
        """Return the symbol of an operand."""
        if (source, dtype) not in self._sources:
            self._sources.append((source, dtype))
        return Symbol(self, -1 - self._sources.index((source, dtype)), dtype)

    def elementwise(self, operation: str, *operands: NDArray) -> Symbol:
        dtype = result_dtype(operation, tuple(x.dtype for x in operands))
        return self._record(Step(operation, tuple(x.data for x in operands), dtype))

    def cast(self, x: NDArray, dtype: DTypeLike) -> Symbol:
        return self._record(Step("cast", (x.data,), np.dtype(dtype)))

    def asarray(self, values: Any, dtype: DTypeLike | None = None) -> Symbol:
        """Return the symbol of a number, which must be one."""
        if isinstance(values, Number):
            return self.operand(values.rule, np.dtype(dtype or default_dtype(values.example)))
        if isinstance(values, bool | int | float):
            values = np.asarray(values, dtype or default_dtype(values))
        host = np.asarray(values, dtype)
        if host.ndim:
            self.refuse(f"values of shape {host.shape} that are no argument")
        number = host.item()
        text = number.hex() if isinstance(number, float) else str(int(number))
        return self._record(Step("constant", (), host.dtype, text))

    def trace(self, result: Symbol) -> Trace:
        """Return the steps that lead to ``result``, and the operands that they take, numbered anew."""
        last = self.cast(result, result.dtype).data if result.data < 0 else result.data
        needed = {last}
        for number in range(last, -1, -1):
            if number in needed:
                needed.update(self._steps[number].inputs)
        operands = [-1 - number for number in range(len(self._sources)) if -1 - number in needed]
        if len(operands) > MOST_OPERANDS:
            self.refuse(f"{len(operands)} arrays and numbers, more than {MOST_OPERANDS}; split it")
        numbers = [number for number in range(last + 1) if number in needed]
        place = {value: new for new, value in enumerate(operands + numbers)}
        steps = (self._steps[number] for number in numbers)
        return Trace(
            tuple(self._sources[-1 - value] for value in operands),
            tuple(step._replace(inputs=tuple(place[value] for value in step.inputs)) for step in steps),
        )

    def _record(self, step: Step) -> Symbol:
        self._steps.append(step)
        return Symbol(self, len(self._steps) - 1, step.dtype)


def fused(function: Callable[P, NDArray]) -> Callable[P, NDArray]:
    """Return ``function`` as one kernel on devices; the results are the same, to the bit.

    It takes arrays, which broadcast, and Python numbers, at most eight of them, and gives one array by element-wise
    functions and operators alone. Arrays that it needs must be arguments; numbers from elsewhere keep the value that
    they had in the first call.

    Raises:
        MathcoreError: at the call, if the function does anything else.
    """
    name = f"fused {getattr(function, '__name__', 'function')}"
    traces: dict[tuple[Any, ...], Trace] = {}

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> NDArray:
        given = (*args, *kwargs.values())
        arrays = [x for x in given if isinstance(x, NDArray)]
        if not arrays or same_device(name, *arrays).name != "opencl":
            return function(*args, **kwargs)
        arguments = [x if isinstance(x, NUMBERS) else to_array(name, x, arrays[0]) for x in given]
        signature = (len(args), *kwargs, *[x.dtype if isinstance(x, NDArray) else type(x) for x in arguments])
        trace = traces.get(signature)
        if trace is None:
            trace = traces[signature] = _trace(name, function, arguments, tuple(kwargs))
        backend = arrays[0].backend
        operands = [_operand(name, backend, arguments, source, dtype) for source, dtype in trace.sources]
        return backend.chain(trace.steps, *operands)

    return run


def _trace(name: str, function: Callable[..., Any], arguments: list[Any], keywords: tuple[str, ...]) -> Trace:
    """Return what ``function`` does, found by running it on symbols in place of the arguments."""
    recorder = Recorder(name)
    symbols = [
        recorder.operand(place, x.dtype) if isinstance(x, NDArray) else Number(itemgetter(place), x)
        for place, x in enumerate(arguments)
    ]
    positional = len(arguments) - len(keywords)
    try:
        result = function(*symbols[:positional], **dict(zip(keywords, symbols[positional:], strict=True)))
    except DeviceError:
        recorder.refuse("an array that is no argument; pass it as one")
    if not isinstance(result, Symbol):
        recorder.refuse(f"{type(result).__name__} as its result, where one array computed from arguments is expected")
    return recorder.trace(result)


def _operand(name: str, backend: Backend, arguments: list[Any], source: Source, dtype: DType) -> NDArray:
    """Return an operand of the chain, from the arguments of this call."""
    if isinstance(source, int):
        found: NDArray = arguments[source]
        return found
    number = source(arguments)
    if beside(dtype, number) != dtype:
        raise DTypeError(f"{name}: expected a number that {dtype} can hold, as in the first call, got {number}")
    return convert(name, backend, number, dtype)
