"""Compiling kernel files for one device, and the kernel objects made from them.

A kernel object keeps its numbers (shapes, strides, rates), so that a launch that comes again only sets buffers. Making
one takes 0.5 ms and more, the more there are (Intel's runtime); so there are few of each kernel, and for numbers not
seen lately the oldest is set anew: 0.3 us a number. Each access to ``program.name`` would make a new kernel, hence the
tables.
"""

from __future__ import annotations

import re
import struct
import warnings
from collections import deque
from pathlib import Path
from typing import Any

from mathcore.backends.opencl.binary_cache import BinaryCache
from mathcore.backends.opencl.source import Macros, assemble
from mathcore.backends.opencl.vendors import load_pyopencl
from mathcore.errors import DeviceError

Numbers = tuple[int | float | bytes, ...]
Vectors = tuple[tuple[int, ...], ...]
"""Up to 16 whole numbers each."""

OPTIONS = "-cl-std=CL1.2"
CORRECT_ROUNDING = " -cl-fp32-correctly-rounded-divide-sqrt"
"""Quotients and roots with the bits of NumPy's. Devices that cannot do it refuse the option; CPUs do it unasked."""
INT16 = struct.Struct("16i")
ERROR = re.compile(r":(\d+):\d+: (?:fatal )?error: (.*)")
"""How compilers made from Clang, nearly all of them, write line, column and message."""
BODY = "// body"

MOST_KERNELS = 64
"""Objects kept of one kernel: more than a network has layers of a kind."""


class PackedKernel:
    """A kernel whose numbers are packed in int16 vectors, set anew where they differ from those of the last launch.

    For numbers that seldom come twice, such as the offsets of slices.
    """

    def __init__(self, kernel: Any) -> None:
        self.kernel = kernel
        self._vectors: dict[int, tuple[int, ...]] = {}

    def set_arguments(self, buffers: list[Any], vectors: Vectors) -> None:
        """Set the buffers, then the vectors."""
        for place, buffer in enumerate(buffers):
            self.kernel.set_arg(place, buffer)
        for place, vector in enumerate(vectors, len(buffers)):
            if self._vectors.get(place) != vector:
                set_value(self.kernel, place, pack_vector(vector))
                self._vectors[place] = vector


class Programs:
    """The compiled programs and kernels of one device.

    Args:
        context: the pyopencl context of ``device``.
        macros: what every file is compiled with.
        cache_dir: where compiled programs are kept between processes; None keeps none.
    """

    def __init__(self, context: Any, device: Any, macros: Macros, cache_dir: Path | None) -> None:
        self._context = context
        self._device = device
        self._options = _options(device)
        self._macros = macros
        self._cache = None if cache_dir is None else BinaryCache(cache_dir)
        self._programs: dict[tuple[str, Macros], Any] = {}
        self._kernels: dict[tuple[str, str, Macros, Numbers], Any] = {}
        self._made: dict[tuple[str, str, Macros], deque[Numbers]] = {}
        self._packed_kernels: dict[tuple[str, str, Macros], PackedKernel] = {}
        self._text_programs: dict[str, Any] = {}
        self._text_kernels: dict[tuple[str, str], Any] = {}

    def kernel(self, file: str, name: str, macros: Macros, first_number: int, numbers: Numbers) -> Any:
        """Return kernel ``name`` of ``file`` with ``numbers`` set as its arguments from ``first_number`` on.

        Whole numbers are passed as int, others as float, bytes as they are: the memory of a struct.
        """
        key = (file, name, macros, numbers)
        kernel = self._kernels.get(key)
        if kernel is None:
            kernel = self._free_kernel(file, name, macros)
            for place, number in enumerate(numbers, first_number):
                set_value(kernel, place, pack_number(number))
            self._kernels[key] = kernel
            self._made[key[:3]].append(numbers)
        return kernel

    def _free_kernel(self, file: str, name: str, macros: Macros) -> Any:
        """Return a new kernel object, or the oldest one if there are enough."""
        made = self._made.setdefault((file, name, macros), deque())
        if len(made) == MOST_KERNELS:
            return self._kernels.pop((file, name, macros, made.popleft()))
        return self.new_kernel(file, name, macros)

    def new_kernel(self, file: str, name: str, macros: Macros) -> Any:
        """Return a new object of kernel ``name`` of ``file``, without arguments."""
        return load_pyopencl().Kernel(self._program(file, macros), name)

    def packed_kernel(self, file: str, name: str, macros: Macros) -> PackedKernel:
        """Return kernel ``name`` of ``file``, which takes buffers and int16 vectors."""
        key = (file, name, macros)
        if key not in self._packed_kernels:
            self._packed_kernels[key] = PackedKernel(self.new_kernel(file, name, macros))
        return self._packed_kernels[key]

    def text_kernel(self, name: str, text: str) -> Any:
        """Return kernel ``name`` of a user's own text; nothing is put in front of it."""
        key = (name, text)
        if key not in self._text_kernels:
            self._text_kernels[key] = self.new_text_kernel(name, text)
        return self._text_kernels[key]

    def new_text_kernel(self, name: str, text: str) -> Any:
        """Return a new object of kernel ``name`` of a user's own text, without arguments."""
        cl = load_pyopencl()
        try:
            if text not in self._text_programs:
                self._text_programs[text] = self._build(text)
            return cl.Kernel(self._text_programs[text], name)
        except cl.Error as error:
            raise DeviceError(
                f"{name}: expected OpenCL C that compiles on {self._device.name.strip()}, "
                f"got {_error_in(text, str(error))}"
            ) from None

    def _program(self, file: str, macros: Macros) -> Any:
        key = (file, macros)
        if key not in self._programs:
            try:
                self._programs[key] = self._build(assemble(file, self._macros + macros))
            except load_pyopencl().Error as error:
                raise DeviceError(
                    f"{self._device.name.strip()}: expected {file} to compile with driver "
                    f"{self._device.driver_version}, got {_first_error(str(error))!r}; update the driver or use the "
                    "numpy backend"
                ) from None
        return self._programs[key]

    def _build(self, source: str) -> Any:
        """Return the program, from the cache if it is there; a driver's error is left to the caller."""
        cl = load_pyopencl()
        key = (self._device.platform.version, self._device.driver_version, self._device.name, self._options, source)
        binary = None if self._cache is None else self._cache.read(*key)
        if binary is not None:
            try:
                return _build_quietly(cl.Program(self._context, [self._device], [binary]), self._options)
            except cl.Error:
                pass  # made by a driver that only looks the same: compile
        program = _build_quietly(cl.Program(self._context, source), self._options)
        if self._cache is not None:
            self._cache.write(program.get_info(cl.program_info.BINARIES)[0], *key)
        return program


def _options(device: Any) -> str:
    correct = device.single_fp_config & load_pyopencl().device_fp_config.CORRECTLY_ROUNDED_DIVIDE_SQRT
    return OPTIONS + (CORRECT_ROUNDING if correct else "")


def set_value(kernel: Any, place: int, value: bytes) -> None:
    """Set an argument that is no buffer: 0.3 us, where ``set_arg`` takes 9 us to find out what it was given."""
    getattr(kernel, "_set_arg_buf", kernel.set_arg)(place, value)


def pack_number(number: float | bytes) -> bytes:
    """Return the bytes of a kernel's argument: whole numbers as int, others as float, bytes as they are."""
    if isinstance(number, bytes):
        return number
    return struct.pack("i" if isinstance(number, int) else "f", number)


def pack_vector(vector: tuple[int, ...]) -> bytes:
    """Return the bytes of up to 16 whole numbers as an int16."""
    return INT16.pack(*vector, *(0,) * (16 - len(vector)))


def _build_quietly(program: Any, options: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyopencl warns whenever a compiler says anything, were it "Build done"
        return program.build(options)


def _first_error(log: str) -> str:
    lines = log.strip().splitlines()
    return next((line for line in lines if "error:" in line), lines[0] if lines else "no message")


def _error_in(text: str, log: str) -> str:
    """Return the compiler's first error with the line of the text that it names, on one line.

    A text of ours around a user's has a line ``BODY`` from which the user's are counted. NVIDIA's compiler counts all
    lines, whatever ``#line`` says.
    """
    message = _first_error(log)
    found = ERROR.search(message)
    lines = text.splitlines()
    if found is None or not 1 <= int(found[1]) <= len(lines):
        return message
    line = int(found[1])
    before = lines.index(BODY) + 1 if BODY in lines else 0
    return f"line {line - before} ({lines[line - 1].strip()}): {found[2].strip()}"
