"""Steps of optimizers and the squares of a gradient on device vectors: the same bits as NumPy.

A program becomes the macros of ``kernels/update.cl``, so that it is one kernel: one pass, in place. Its numbers come
with the launch, because most change from step to step.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.opencl.arrays import check_float32
from mathcore.backends.opencl.expressions import statements
from mathcore.backends.opencl.source import Macros
from mathcore.backends.update_program import BLOCK, PARAMETERS, UpdateProgram, slot_stride

if TYPE_CHECKING:
    from mathcore.backends.opencl.backend import OpenCLBackend

FILE = "update.cl"
SQUARES_FILE = "block_squares.cl"
LANES = 16
"""Numbers in a vector that a kernel takes."""


def update(
    backend: OpenCLBackend, program: UpdateProgram, w: NDArray, g: NDArray, state: NDArray,
    *, numbers: np.ndarray, size: int, multipliers: NDArray | None,
) -> None:  # fmt: skip
    """Run ``program`` on the first ``size`` elements of parameters ``w`` and gradient ``g``, in place."""
    check_float32("update", w, g, state, multipliers)
    length = backend.queue.tuning.run_length(size)
    words = numbers.view(np.int32).tolist()
    vectors = tuple(tuple(words[first : first + LANES]) for first in range(0, len(words), LANES))
    buffers = (w.data, g.data, state.data, *(() if multipliers is None else (multipliers.data,)))
    backend.queue.launch_packed(
        FILE, "update", -(-size // length) if size else 0, buffers,
        ((size, length, slot_stride(size)), *vectors), program_macros(program),
    )  # fmt: skip


def block_squares(backend: OpenCLBackend, x: NDArray, *, size: int) -> NDArray:
    """Return the sum of the squares of every 256 of the first ``size`` elements."""
    check_float32("block_squares", x)
    blocks = -(-size // BLOCK)
    sums = backend.empty((blocks,))
    items = blocks * backend.queue.tuning.local
    backend.queue.launch(SQUARES_FILE, "block_squares", items, (x.data, sums.data), (size,))
    return sums


@lru_cache(maxsize=256)
def program_macros(program: UpdateProgram) -> Macros:
    """Return the macros with which the kernel runs ``program``; value n is called ``an`` in it."""
    vectors = ["w + i", "g + i", *(f"slots + {slot} * stride + i" for slot in range(program.slots))]
    first = len(vectors) + 2 * program.multiplied
    types = ["float"] * (first + program.numbers)
    return (
        ("LOADS", " ".join(f"const floatv a{value} = LOAD({place});" for value, place in enumerate(vectors))),
        ("MULTIPLIED", int(program.multiplied)),
        ("LR_MULT", f"a{len(vectors)}"),
        ("DECAY_MULT", f"a{len(vectors) + 1}"),
        ("VECTORS", "".join(f", const int16 n{number}" for number in range(-(-program.numbers // LANES)))),
        ("NUMBERS", " ".join(_number(first, number) for number in range(program.numbers))),
        ("STATEMENTS", statements(program.steps, types)),
        ("STORES", " ".join(f"store_float(a{value}, {vectors[to]}, stop - i);" for to, value in program.writes)),
        ("STATE", "const" if all(to == PARAMETERS for to, _ in program.writes) else ""),
    )


def _number(first: int, number: int) -> str:
    return f"const floatv a{first + number} = (floatv)(as_float(n{number // LANES}.s{number % LANES:x}));"
