"""Users' own kernels: OpenCL C beside a NumPy function, called like any operation. See ``docs/own-kernels.md``.

    scale = mathcore.kernel(
        "kernel void scale(global const float *x, global float *y, const float a) {"
        "    const int i = get_global_id(0);"
        "    y[i] = a * x[i];"
        "}",
        numpy=lambda x, a: a * x,
    )
    y = scale(x, 2.0)

On a device the kernel runs, compiled when it is first called there; on the NumPy backend the function does.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from itertools import compress
from typing import Any

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.base import Backend
from mathcore.backends.shapes import Shape
from mathcore.devices import backend_of
from mathcore.errors import DTypeError, MathcoreError, ShapeError
from mathcore.functions.operands import same_device, to_array
from mathcore.kernel_parameters import Parameter, find_kernel

__all__ = ["Kernel", "kernel"]

Size = int | tuple[int, ...]
MOST_AXES = 3
BOOL = np.dtype(np.bool_)


class Kernel:
    """An operation of the user's; made by ``kernel``, called with arrays and numbers.

    Attributes:
        name: the name of the kernel.
        parameters: what it takes, in the order of the source.
    """

    def __init__(
        self,
        source: str,
        *,
        name: str | None,
        numpy: Callable[..., Any] | None,
        outputs: Callable[..., Any] | None,
        updates: Sequence[str],
        global_size: Size | Callable[..., Size] | None,
        local_size: Size | None,
    ) -> None:
        self._source = source
        self.name, self.parameters = find_kernel(source, name)
        written = [parameter.name for parameter in self.parameters if parameter.is_array and not parameter.is_read_only]
        if not written or not set(updates) <= set(written):
            raise MathcoreError(
                f"{self.name}: expected arrays that are not const, and updates among them, "
                f"got {', '.join(written) or 'none'} and updates {tuple(updates)}"
            )
        self._is_output = [p.name in written and p.name not in updates for p in self.parameters]
        self._outputs = list(compress(self.parameters, self._is_output))
        self._arguments = [p for p in self.parameters if p not in self._outputs]
        self._updates = [p for p in self.parameters if p.name in updates]
        self._twin, self._shapes = numpy, outputs
        self._global_size, self._local_size = global_size, local_size

    def __call__(self, *arguments: Any, out: NDArray | Sequence[NDArray] | None = None) -> Any:
        """Run the kernel.

        Args:
            arguments: what the kernel takes, in its order, without its outputs: numbers and arrays (lists and NumPy
                arrays are copied to the device).
            out: arrays to write instead of new ones: one, or a list of one for each output.
        Returns:
            The output; a tuple of them where the kernel has several; None where it has none.
        Raises:
            DTypeError: if an array has another element type than the kernel declares, or a number does not fit.
            ShapeError: if sizes or shapes do not fit.
            DeviceError: if the source does not compile, or there is neither a device nor a NumPy function.
        """
        given = self._check_arguments(arguments)
        arrays = [x for x in given if isinstance(x, NDArray)]
        backend = same_device(self.name, *arrays) if arrays else backend_of(None)
        results = self._new_outputs(backend, given) if out is None else self._check_out(backend, given, out)
        if backend.name == "numpy" and self._twin is not None:
            self._run_twin(self._twin, given, results)
        else:
            self._run(backend, given, results)
        return results[0] if len(results) == 1 else tuple(results) or None

    def __repr__(self) -> str:
        return f"<kernel {self.name}({', '.join(parameter.declaration for parameter in self.parameters)})>"

    def _check_arguments(self, arguments: tuple[Any, ...]) -> list[Any]:
        if len(arguments) != len(self._arguments):
            raise MathcoreError(
                f"{self.name}: expected {len(self._arguments)} arguments "
                f"({', '.join(parameter.name for parameter in self._arguments)}), got {len(arguments)}"
            )
        first = next((x for x in arguments if isinstance(x, NDArray)), None)
        return [
            self._check_array(parameter, value, first) if parameter.is_array else value
            for parameter, value in zip(self._arguments, arguments, strict=True)
        ]

    def _check_array(self, parameter: Parameter, value: Any, first: NDArray | None) -> NDArray:
        if not isinstance(value, NDArray) and parameter in self._updates:
            raise DTypeError(
                f"{self.name}: expected an NDArray to update for {parameter.name}, got {type(value).__name__}"
            )
        x = to_array(f"{self.name}: {parameter.name}", value, first)
        as_bytes = x.dtype == BOOL and parameter.dtype == np.uint8 and parameter.is_read_only
        if x.dtype != parameter.dtype and not as_bytes:
            raise DTypeError(
                f"{self.name}: expected {parameter.name} of {parameter.dtype} ({parameter.declaration}), "
                f"got {x.dtype}; convert it with astype"
            )
        if x.size % parameter.width:
            raise ShapeError(
                f"{self.name}: expected {parameter.name} of a multiple of {parameter.width} elements "
                f"({parameter.declaration}), got shape {x.shape}"
            )
        return x

    def _new_outputs(self, backend: Backend, given: list[Any]) -> list[NDArray]:
        shapes = self._output_shapes(given) if self._shapes is not None else self._shapes_of_first(given)
        return [
            self._check_array(parameter, backend.empty(shape, parameter.dtype), None)
            for parameter, shape in zip(self._outputs, shapes, strict=True)
        ]

    def _shapes_of_first(self, given: list[Any]) -> list[Shape]:
        first = next((x for x in given if isinstance(x, NDArray)), None)
        if first is None and self._outputs:
            raise ShapeError(f"{self.name}: expected an array to take the shape of outputs from; give outputs=")
        return [first.shape for _ in self._outputs if first is not None]

    def _output_shapes(self, given: list[Any]) -> list[Shape]:
        assert self._shapes is not None
        answer = self._shapes(*given)
        shapes = [_size(shape) for shape in ([answer] if len(self._outputs) == 1 else answer)]
        if len(shapes) != len(self._outputs):
            raise ShapeError(f"{self.name}: expected {len(self._outputs)} shapes of outputs, got {len(shapes)}")
        return shapes

    def _check_out(self, backend: Backend, given: list[Any], out: NDArray | Sequence[NDArray]) -> list[NDArray]:
        results = [out] if isinstance(out, NDArray) else list(out)
        if len(results) != len(self._outputs) or not all(isinstance(x, NDArray) for x in results):
            raise MathcoreError(f"{self.name}: expected {len(self._outputs)} arrays as out, got {len(results)}")
        same_device(self.name, *(x for x in (*given, *results) if isinstance(x, NDArray)))
        shapes = [x.shape for x in results] if self._shapes is None else self._output_shapes(given)
        for parameter, x, shape in zip(self._outputs, results, shapes, strict=True):
            self._check_array(parameter, x, None)
            if x.shape != shape:
                raise ShapeError(f"{self.name}: expected out for {parameter.name} of shape {shape}, got {x.shape}")
        return results

    def _run(self, backend: Backend, given: list[Any], results: list[NDArray]) -> None:
        taken, made = iter(given), iter(results)
        values = [next(made if is_output else taken) for is_output in self._is_output]
        arguments = tuple([
            value if parameter.is_array else parameter.pack(self.name, value)
            for parameter, value in zip(self.parameters, values, strict=True)
        ])  # fmt: skip
        backend.launch_text(
            self._source, self.name, arguments,
            global_size=self._work_items(given, results),
            local_size=None if self._local_size is None else _size(self._local_size),
        )  # fmt: skip

    def _work_items(self, given: list[Any], results: list[NDArray]) -> Shape:
        chosen = self._global_size(*given) if callable(self._global_size) else self._global_size
        if chosen is None:
            written = results or [x for p, x in zip(self._arguments, given, strict=True) if p in self._updates]
            chosen = written[0].size // (self._outputs or self._updates)[0].width
        size = _size(chosen)
        groups = size if self._local_size is None else _size(self._local_size)
        if not 1 <= len(size) <= MOST_AXES or any(n < 0 for n in size):
            raise ShapeError(f"{self.name}: expected a global size of one to three numbers, 0 or more, got {chosen}")
        if len(groups) != len(size) or any(n < 1 or whole % n for whole, n in zip(size, groups, strict=True) if whole):
            raise ShapeError(
                f"{self.name}: expected a global size that is a multiple of local_size {groups}, got {size}; "
                "round it up in global_size, and let the kernel return where it has nothing to do"
            )
        return size

    def _run_twin(self, twin: Callable[..., Any], given: list[Any], results: list[NDArray]) -> None:
        for parameter, value in zip(self._arguments, given, strict=True):
            if not parameter.is_array:
                parameter.pack(self.name, value)  # refuses what a device would
        with np.errstate(all="ignore"):
            answer = twin(*(x.data if isinstance(x, NDArray) else x for x in given))
        values = [answer] if len(results) == 1 else answer if results else ()
        if len(values) != len(results):
            raise MathcoreError(f"{self.name}: expected {len(results)} arrays of the NumPy function, got {len(values)}")
        for parameter, x, value in zip(self._outputs, results, values, strict=True):
            host = np.asarray(value)
            if host.shape != x.shape:
                raise ShapeError(
                    f"{self.name}: expected {parameter.name} {x.shape} of the NumPy function, got {host.shape}"
                )
            if not np.can_cast(host.dtype, x.dtype, "same_kind"):
                raise DTypeError(
                    f"{self.name}: expected {parameter.name} of {x.dtype} of the NumPy function, got {host.dtype}"
                )
            x.data[...] = host


def kernel(
    source: str,
    *,
    name: str | None = None,
    numpy: Callable[..., Any] | None = None,
    outputs: Callable[..., Any] | None = None,
    updates: Sequence[str] = (),
    global_size: Size | Callable[..., Size] | None = None,
    local_size: Size | None = None,
) -> Kernel:
    """Return an operation from OpenCL C, called with the arrays and numbers that its kernel takes.

    ``global const T *`` is an array to read, ``global T *`` an output, which the call makes and returns; T is float,
    int or uchar (where it is read, of a bool array too) or a vector of them. Everything else is a number.

    Args:
        source: OpenCL C 1.2. Nothing is put in front of it.
        name: which of several kernels.
        numpy: the same operation on NumPy arrays: takes what the call takes, returns the output (a tuple of several)
            and changes the arrays of ``updates`` in place. It runs on the NumPy backend; tests can compare with it.
        outputs: takes what the call takes and returns the shape of the output, or a list of shapes. Default: the shape
            of the first array.
        updates: names of arrays that are not const but no outputs either: the call takes them and the kernel changes
            them.
        global_size: number of work-items, or a tuple of up to three; or what returns it from what the call takes.
            Default: one work-item for each element (or vector) of the first output.
        local_size: work-items of a group; the global size must be a multiple. Default: the driver chooses.
    Raises:
        MathcoreError: if the source holds no such kernel, or a parameter is of another kind.
    """
    return Kernel(
        source, name=name, numpy=numpy, outputs=outputs, updates=updates, global_size=global_size, local_size=local_size
    )


def _size(size: Any) -> Shape:
    return tuple(operator.index(n) for n in (size if isinstance(size, tuple | list) else (size,)))
