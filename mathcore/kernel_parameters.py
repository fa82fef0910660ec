"""What a kernel of OpenCL C takes, read from its source: arrays to read, arrays to write, numbers."""

from __future__ import annotations

import operator
import re
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

from mathcore.errors import DTypeError, MathcoreError

COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
KERNEL = re.compile(
    r"\b(?:__)?kernel\s+(?:__attribute__\s*\(\(.*?\)\)\s*)*void\s+(?:__attribute__\s*\(\(.*?\)\)\s*)*(\w+)\s*\(([^()]*)\)\s*\{",
    re.DOTALL,
)
NUMBERS: dict[str, np.dtype[Any]] = {
    "char": np.dtype(np.int8),
    "uchar": np.dtype(np.uint8),
    "short": np.dtype(np.int16),
    "ushort": np.dtype(np.uint16),
    "int": np.dtype(np.int32),
    "uint": np.dtype(np.uint32),
    "long": np.dtype(np.int64),
    "ulong": np.dtype(np.uint64),
    "float": np.dtype(np.float32),
}
ELEMENTS = {name: NUMBERS[name] for name in ("float", "int", "uchar")}
VECTOR = re.compile(r"([a-z]+)(2|4|8|16)")
QUALIFIERS = {"global", "constant", "const", "restrict", "volatile", "private"}


@dataclass(frozen=True)
class Parameter:
    """One parameter of a kernel.

    Attributes:
        name: its name.
        declaration: its words as written, for messages.
        dtype: the element type of the array, or the type of the number.
        width: elements of a vector, 1 where the pointer is to single elements.
        is_array: whether it is an array.
        is_read_only: whether the kernel may only read it.
    """

    name: str
    declaration: str
    dtype: np.dtype[Any]
    width: int
    is_array: bool
    is_read_only: bool

    def pack(self, kernel: str, value: Any) -> bytes:
        """Return the memory of a number for this parameter.

        Raises:
            DTypeError: if it is no number, not whole where that is expected, or out of range.
        """
        if self.dtype.kind == "f":
            if not isinstance(value, float | int | np.floating | np.integer):
                raise self._unfit(kernel, "a number", value)
            try:
                return struct.pack("=f", value)
            except OverflowError:
                raise self._unfit(kernel, "a number that float32 can hold", value) from None
        limits = np.iinfo(self.dtype)
        try:
            whole = operator.index(value)
        except TypeError:
            raise self._unfit(kernel, "a whole number", value) from None
        if not limits.min <= whole <= limits.max:
            raise self._unfit(kernel, f"{limits.min} to {limits.max}", value)
        return np.array(whole, self.dtype).tobytes()

    def _unfit(self, kernel: str, expected: str, value: Any) -> DTypeError:
        shown = repr(value) if isinstance(value, float | int | np.generic) else type(value).__name__
        return DTypeError(f"{kernel}: expected {expected} for {self.name} ({self.declaration}), got {shown}")


def find_kernel(source: str, name: str | None) -> tuple[str, tuple[Parameter, ...]]:
    """Return the name and the parameters of kernel ``name``, or of the only one.

    Raises:
        MathcoreError: if there is no such kernel, none or several, or a parameter is of another kind.
    """
    found = dict(KERNEL.findall(COMMENT.sub(" ", source)))
    if name is None and len(found) != 1:
        raise MathcoreError(
            f'kernel: expected source with one "kernel void NAME(...) {{", got '
            f"{', '.join(found) or 'none'}; {'choose with name=' if found else 'write one'}"
        )
    chosen = next(iter(found)) if name is None else name
    if chosen not in found:
        raise MathcoreError(f"kernel: expected one of {', '.join(found) or 'no kernels'}, got name {chosen!r}")
    declarations = found[chosen].split(",") if found[chosen].strip() else []
    return chosen, tuple(parse_parameter(chosen, declaration) for declaration in declarations)


def parse_parameter(kernel: str, text: str) -> Parameter:
    """Return the parameter that a declaration such as ``global const float *x`` declares.

    Raises:
        MathcoreError: if it is of another kind.
    """
    declaration = " ".join(text.split())
    words = [word.removeprefix("__") for word in re.findall(r"\w+|\S", text)]
    before = words[: words.index("*")] if "*" in words else words[:-1]
    after = words[len(before) + words.count("*") : -1]
    kind = " ".join(word for word in before if word not in QUALIFIERS)
    kind = re.sub(r"^unsigned (\w+)$", r"u\1", kind)
    is_array = "*" in words
    vector = VECTOR.fullmatch(kind) if is_array else None
    element, width = (vector[1], int(vector[2])) if vector else (kind, 1)
    known = ELEMENTS if is_array else NUMBERS
    if (
        element not in known
        or words.count("*") > 1
        or is_array != bool({"global", "constant"} & set(before))
        or not set(after) <= QUALIFIERS
        or not words[-1].isidentifier()
    ):
        raise MathcoreError(
            f'{kernel}: expected parameters such as "global const float *x" (also int, uchar and their vectors) or '
            f'"const float a" (also whole numbers), got "{declaration}"'
        )
    is_read_only = bool({"const", "constant"} & set(before))
    return Parameter(words[-1], declaration, known[element], width, is_array, is_read_only)
