"""Chains of element-wise steps in OpenCL C: calls of the functions of ``kernels/operations.cl``.

Value n is called ``an`` in the kernel: first the operands, which ``kernels/elementwise.cl`` loads, then what the steps
give.
"""

from __future__ import annotations

from mathcore.backends.opencl.arrays import C_TYPES
from mathcore.backends.opencl.source import Macros
from mathcore.backends.operations import BOOL, Chain, DType, Step

NOT_FINITE = {"inf": "INFINITY", "-inf": "-INFINITY", "nan": "as_float(0x7fc00000)"}


def chain_macros(steps: Chain, dtypes: tuple[DType, ...]) -> Macros:
    """Return the macros with which the kernel applies ``steps`` to operands of these types."""
    types = [_type(dtype) for dtype in dtypes]
    text = statements(steps, types)
    return (
        ("OPERANDS(DO)", " ".join(f"DO({number}, {C_TYPES[dtype]})" for number, dtype in enumerate(dtypes))),
        ("COUNT", len(dtypes)),
        ("OUT", C_TYPES[steps[-1].dtype]),
        ("STATEMENTS", text),
        ("RESULT", f"a{len(types) - 1}"),
    )


def statements(steps: Chain, types: list[str]) -> str:
    """Return the declarations of what ``steps`` give; ``types`` has those of the operands, and gets theirs."""
    found = []
    for step in steps:
        types.append(_type(step.dtype))
        found.append(f"const {types[-1]}v a{len(types) - 1} = {_call(step, types)};")
    return " ".join(found)


def _type(dtype: DType) -> str:
    """Return the name that the operations on a type end in."""
    return "bool" if dtype == BOOL else C_TYPES[dtype]


def _call(step: Step, types: list[str]) -> str:
    """Return the expression of a step; ``types`` holds those of all values so far and of its own."""
    if step.operation == "constant":
        return f"({types[-1]}v)(({C_TYPES[step.dtype]})({_literal(step)}))"
    arguments = ", ".join(f"a{value}" for value in step.inputs)
    taken = types[step.inputs[-1]]  # where takes its condition first
    name = f"{types[-1]}_from" if step.operation == "cast" else step.operation
    return f"{name}_{taken}({arguments})"


def _literal(step: Step) -> str:
    if step.dtype.kind != "f":
        return step.value
    return NOT_FINITE.get(step.value, f"{step.value}f")
