"""Compiling kernel files for one device, and the kernel objects made from them.

A kernel object keeps its numbers (shapes, strides, rates) set for good, so that a launch only sets buffers: setting a
number costs 9 us through pyopencl, a buffer 0.2 us. Each access to ``program.name`` would make a new kernel, hence the
tables.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from mathcore.backends.opencl.binary_cache import BinaryCache
from mathcore.backends.opencl.source import Macros, assemble
from mathcore.backends.opencl.vendors import load_pyopencl
from mathcore.errors import DeviceError

Numbers = tuple[int | float, ...]

OPTIONS = "-cl-std=CL1.2"
MOST_KERNELS = 4096
"""Kernel objects kept. More shapes than that come only from code that makes new ones all the time."""


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
        self._macros = macros
        self._cache = None if cache_dir is None else BinaryCache(cache_dir)
        self._programs: dict[tuple[str, Macros], Any] = {}
        self._kernels: dict[tuple[str, str, Macros, int, Numbers], Any] = {}

    def kernel(self, file: str, name: str, macros: Macros, first_number: int, numbers: Numbers) -> Any:
        """Return kernel ``name`` of ``file`` with ``numbers`` set as its arguments from ``first_number`` on.

        Whole numbers are passed as int, others as float.
        """
        key = (file, name, macros, first_number, numbers)
        kernel = self._kernels.get(key)
        if kernel is None:
            kernel = load_pyopencl().Kernel(self._program(file, macros), name)
            for place, number in enumerate(numbers, first_number):
                kernel.set_arg(place, np.int32(number) if isinstance(number, int) else np.float32(number))
            if len(self._kernels) >= MOST_KERNELS:
                self._kernels.clear()
            self._kernels[key] = kernel
        return kernel

    def _program(self, file: str, macros: Macros) -> Any:
        key = (file, macros)
        if key not in self._programs:
            self._programs[key] = self._build(file, assemble(file, self._macros + macros))
        return self._programs[key]

    def _build(self, file: str, source: str) -> Any:
        """Return the program, from the cache if it is there."""
        cl = load_pyopencl()
        key = (self._device.platform.version, self._device.driver_version, self._device.name, OPTIONS, source)
        binary = None if self._cache is None else self._cache.read(*key)
        if binary is not None:
            try:
                return _build_quietly(cl.Program(self._context, [self._device], [binary]))
            except cl.Error:
                pass  # made by a driver that only looks the same: compile
        program = self._compile(cl, file, source)
        if self._cache is not None:
            self._cache.write(program.get_info(cl.program_info.BINARIES)[0], *key)
        return program

    def _compile(self, cl: Any, file: str, source: str) -> Any:
        try:
            return _build_quietly(cl.Program(self._context, source))
        except cl.Error as error:
            raise DeviceError(
                f"{self._device.name.strip()}: expected {file} to compile with driver {self._device.driver_version}, "
                f"got {_first_error(str(error))!r}; update the driver or use the numpy backend"
            ) from None


def _build_quietly(program: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyopencl warns whenever a compiler says anything, were it "Build done"
        return program.build(OPTIONS)


def _first_error(log: str) -> str:
    lines = log.strip().splitlines()
    return next((line for line in lines if "error:" in line), lines[0] if lines else "no message")
