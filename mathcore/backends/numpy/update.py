"""Steps of optimizers and the squares of a gradient on NumPy vectors: the specification.

Every operation is rounded on its own, in the order of the program. The vectors are worked through in parts that stay
in the level-2 cache, which does not change the bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mathcore.backends.numpy.elementwise import FUNCTIONS
from mathcore.backends.update_program import BLOCK, UpdateProgram, slot_stride

PART = 64 * BLOCK


def update(
    program: UpdateProgram, w: np.ndarray, g: np.ndarray, state: np.ndarray,
    *, numbers: np.ndarray, size: int, multipliers: np.ndarray | None,
) -> None:  # fmt: skip
    """Run ``program`` on the first ``size`` elements of ``w`` and ``g``, in place.

    Args:
        program: what to do.
        w: parameters (size or more,).
        g: gradient, as long.
        state: the slots one after the other, each from a multiple of ``slot_stride(size)``.
        numbers: float32 (program.numbers,).
        size: how many elements.
        multipliers: float32 (2 * blocks,): ``lr_mult`` and ``decay_mult`` of every 256 elements.
    """
    stride = slot_stride(size)
    vectors = [w[:size], g[:size], *(state[k * stride : k * stride + size] for k in range(program.slots))]
    scalars = list(numbers.astype(w.dtype))
    for start in range(0, size, PART):
        parts = [vector[start : start + PART] for vector in vectors]
        pairs = [] if multipliers is None else _spread(multipliers, start, len(parts[0]))
        values = _run(program, [*parts, *pairs, *scalars])
        moved: Any = True if multipliers is None else pairs[0] != 0
        for vector, value in program.writes:
            np.copyto(parts[vector], values[value], where=moved)


def block_squares(x: np.ndarray, *, size: int) -> np.ndarray:
    """Return the sum of the squares of every 256 of the first ``size`` elements, float32 (ceil(size / 256),).

    A block is summed by adding its second half to its first, until one element is left; behind ``size`` are zeros.
    """
    sums = np.zeros(-(-size // BLOCK), x.dtype)
    with np.errstate(all="ignore"):
        for start in range(0, size, PART):
            part = x[start : min(start + PART, size)]
            squares = np.zeros((-(-part.size // BLOCK), BLOCK), x.dtype)
            np.square(part, out=squares.reshape(-1)[: part.size])
            while squares.shape[1] > 1:
                half = squares.shape[1] // 2
                squares = squares[:, :half] + squares[:, half:]
            sums[start // BLOCK : start // BLOCK + len(squares)] = squares[:, 0]
    return sums


def _run(program: UpdateProgram, values: list[Any]) -> list[Any]:
    with np.errstate(all="ignore"):  # infinities and NaN are values here, as on devices
        for step in program.steps:
            values.append(FUNCTIONS[step.operation](*[values[number] for number in step.inputs]))
    return values


def _spread(multipliers: np.ndarray, start: int, count: int) -> list[np.ndarray]:
    """Return ``lr_mult`` and ``decay_mult`` of each of ``count`` elements from ``start`` on."""
    first = start // BLOCK
    table = multipliers.reshape(-1, 2)[first : first + -(-count // BLOCK)]
    return [np.repeat(table[:, column], BLOCK)[:count] for column in (0, 1)]
