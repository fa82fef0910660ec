"""Users' own element-wise operations from a few lines of OpenCL C: the short form of ``mathcore.kernel``.

    lerp = mathcore.elementwise_kernel(
        "float a, float b, float t", "float y", "y = a + t * (b - a)", numpy=lambda a, b, t: a + t * (b - a)
    )
    y = lerp(x, 1.0, [0.25, 0.5])

Chains of operations that the library has need no kernel of their own: ``mathcore.fused`` makes one of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.opencl.program import BODY
from mathcore.backends.shapes import Shape, broadcast_shape, broadcast_strides
from mathcore.errors import MathcoreError
from mathcore.functions.operands import to_array
from mathcore.kernel_parameters import ELEMENTS, Parameter
from mathcore.user_kernels import Kernel, kernel

__all__ = ["ElementwiseKernel", "elementwise_kernel"]

Declaration = tuple[str, str]
"""Type and name."""


class ElementwiseKernel:
    """An element-wise operation of the user's, with broadcasting; made by ``elementwise_kernel``."""

    def __init__(self, inputs: str, outputs: str, body: str, *, name: str, numpy: Callable[..., Any] | None) -> None:
        taken, given = _declarations(name, inputs), _declarations(name, outputs)

        def shapes(*arguments: Any) -> Any:
            shape = broadcast_shape(name, [x.shape for x in arguments[0::2]])
            return shape if len(given) == 1 else [shape] * len(given)

        def twin(*arguments: Any) -> Any:
            assert numpy is not None
            return numpy(*arguments[0::2])

        self.name = name
        self._inputs = taken
        self._kernel: Kernel = kernel(
            _source(name, taken, given, body), name=name, numpy=None if numpy is None else twin, outputs=shapes
        )

    def __call__(self, *operands: Any, out: Any = None) -> Any:
        """Return the output, or a tuple of several, in the shape that the operands broadcast to.

        Args:
            operands: arrays, lists or numbers, as many as inputs were declared.
            out: arrays to write instead of new ones: one, or a list of one for each output.
        Raises:
            DTypeError: if an array has another element type than declared, or a number does not fit it.
            ShapeError: if the shapes do not broadcast.
            DeviceError: if the body does not compile, or there is neither a device nor a NumPy function.
        """
        if len(operands) != len(self._inputs):
            names = ", ".join(name for _, name in self._inputs)
            raise MathcoreError(f"{self.name}: expected {len(self._inputs)} arguments ({names}), got {len(operands)}")
        first = next((x for x in operands if isinstance(x, NDArray)), None)
        parameters = self._kernel.parameters[0::2]
        arrays = [self._array(p, x, first) for p, x in zip(parameters, operands, strict=False)]
        shape = broadcast_shape(self.name, [x.shape for x in arrays])
        arguments: list[Any] = []
        for x in arrays:
            arguments += (x, 0) if x.size == 1 else (_broadcast(x, shape), 1)
        return self._kernel(*arguments, out=out)

    def __repr__(self) -> str:
        return repr(self._kernel)

    def _array(self, parameter: Parameter, x: Any, first: NDArray | None) -> NDArray:
        if isinstance(x, int | float | np.generic):
            x = np.frombuffer(parameter.pack(self.name, x), parameter.dtype)[0]
        return to_array(f"{self.name}: {parameter.name}", x, first)


def elementwise_kernel(
    inputs: str, outputs: str, body: str, *, name: str = "elementwise", numpy: Callable[..., Any] | None = None
) -> ElementwiseKernel:
    """Return an element-wise operation from a body of OpenCL C.

    Args:
        inputs: declarations such as ``"float x, int k"``: an element of each operand; float, int or uchar (which bool
            arrays count as).
        outputs: the same of what the body sets.
        body: statements; ``i`` is the number of the element.
        name: what messages call it.
        numpy: the same operation on NumPy arrays, which runs on the NumPy backend.
    Raises:
        MathcoreError: if a declaration is of another kind.
    """
    return ElementwiseKernel(inputs, outputs, body, name=name, numpy=numpy)


def _declarations(name: str, text: str) -> list[Declaration]:
    words = [tuple(declaration.split()) for declaration in text.split(",")]
    for found in words:
        if len(found) != 2 or found[0] not in ELEMENTS or not found[1].isidentifier():
            raise MathcoreError(
                f'{name}: expected declarations such as "float x, int k" of {", ".join(ELEMENTS)}, got "{text}"'
            )
    return [(kind, variable) for kind, variable in words]


def _source(name: str, inputs: list[Declaration], outputs: list[Declaration], body: str) -> str:
    """Return the kernel. An operand of one element is read again and again: its step is 0.

    The arrays have the names of their elements, which hide them from the body.
    """
    parameters = [f"global const {kind} *{x}, const int {x}_step" for kind, x in inputs]
    parameters += [f"global {kind} *{y}" for kind, y in outputs]
    read = [f"const {kind} {x}_ = {x}[i * {x}_step];" for kind, x in inputs] + [f"{kind} {y}_;" for kind, y in outputs]
    elements = [f"const {kind} {x} = {x}_;" for kind, x in inputs] + [f"{kind} {y};" for kind, y in outputs]
    results, write = ([text.format(y=y) for _, y in outputs] for text in ("{y}_ = {y};", "{y}[i] = {y}_;"))
    return "\n".join(
        (
            f"kernel void {name}({', '.join(parameters)}) {{",
            f"const size_t i = get_global_id(0); {' '.join(read)} {{ {' '.join(elements)}",
            BODY,
            f"{body};",
            f"{' '.join(results)} }} {' '.join(write)} }}",
        )
    )


def _broadcast(x: NDArray, shape: Shape) -> NDArray:
    if x.shape == shape:
        return x
    return x.backend.read_strided(x, 0, broadcast_strides("operand", x.shape, shape), shape)
