"""Random cases of MATLAB indexing, as ``octave.py`` describes values and indices: x(...) and x(...) = values."""

from __future__ import annotations

import math
from random import Random
from typing import Any

CLASSES = ("single", "int32", "uint8", "logical")


def value(random: Random, kind: str, size: list[int]) -> list[Any]:
    """Return random elements that every class and nine digits hold exactly."""
    count = math.prod(size)
    if kind == "single":
        return [kind, size, [random.randint(-200, 200) / 8 for _ in range(count)]]
    low, high = {"int32": (-(10**9), 10**9), "uint8": (0, 255), "logical": (0, 1)}[kind]
    return [kind, size, [random.randint(low, high) for _ in range(count)]]


def size(random: Random) -> list[int]:
    """Return a size of two to four axes without ones at the end; one in twelve is empty."""
    chosen = [random.randint(1, 5) for _ in range(random.choice((2, 2, 2, 2, 3, 3, 4)))]
    form = random.randrange(12)
    if form < 3:
        chosen = [1, random.randint(1, 8)] if random.random() < 0.5 else [random.randint(1, 8), 1]
    elif form == 3:
        chosen[random.randrange(len(chosen))] = 0
    while len(chosen) > 2 and chosen[-1] == 1:
        chosen.pop()
    return chosen


def extents(shape: list[int], count: int) -> list[int]:
    """Return the lengths that ``count`` indices run over: the last of too few runs over all axes that are left."""
    if count > len(shape):
        return shape + [1] * (count - len(shape))
    return [*shape[: count - 1], math.prod(shape[count - 1 :])]


def indices(random: Random, shape: list[int]) -> list[Any]:
    """Return one index, one for some of the axes, one for each, or one more; one in twenty-five is out of range."""
    count = random.choice((1, 1, 2, len(shape), len(shape), random.randint(1, len(shape) + 1)))
    lengths = extents(shape, count)
    chosen = [_index(random, length, shape if count == 1 else None) for length in lengths]
    if random.random() < 0.04:
        place = random.randrange(count)
        chosen[place] = random.choice((0, lengths[place] + 1, ["index", [1, 2], [1, lengths[place] + 2]], -1, 1.5))
    return chosen


def _index(random: Random, length: int, shape: list[int] | None) -> Any:
    if length == 0:
        return random.choice((":", ["range", 1, 1, "end"], ["index", [1, 0], []], ["mask", [1, 0], []]))
    makers = (_place, _place, _all, _range, _range, _stepped, _matrix, _matrix, _mask)
    return random.choice(makers)(random, length, shape)


def _place(random: Random, length: int, shape: list[int] | None) -> Any:
    place = random.randint(1, length)
    behind = length - place
    return random.choice((place, place, f"end-{behind}" if behind else "end"))


def _all(random: Random, length: int, shape: list[int] | None) -> Any:
    return ":"


def _range(random: Random, length: int, shape: list[int] | None) -> Any:
    first, last = _place(random, length, shape), random.choice(("end", _place(random, length, shape)))
    return ["range", first, 1, last]


def _stepped(random: Random, length: int, shape: list[int] | None) -> Any:
    step = random.choice((-3, -2, -1, 2, 3))
    return ["range", _place(random, length, shape), step, _place(random, length, shape)]


def _matrix(random: Random, length: int, shape: list[int] | None) -> Any:
    rows, columns = random.choice(((1, 3), (1, 4), (3, 1), (2, 3), (1, 1), (0, 0), (1, 0), (2, 2)))
    form = [rows, columns, 2] if random.random() < 0.15 and rows * columns > 1 else [rows, columns]
    return ["index", form, [random.randint(1, length) for _ in range(math.prod(form))]]


def _mask(random: Random, length: int, shape: list[int] | None) -> Any:
    form = random.choice(([1, length], [length, 1], shape or [1, length], [1, max(1, length - 1)]))
    share = random.choice((0.0, 0.5, 0.5, 1.0))
    return ["mask", form, [int(random.random() < share) for _ in range(math.prod(form))]]


def get_case(random: Random) -> dict[str, Any]:
    """Return one reading: ``x`` and the indices."""
    shape = size(random)
    return {"x": value(random, random.choice(CLASSES), shape), "at": indices(random, shape)}


def set_case(random: Random) -> dict[str, Any]:
    """Return one writing: ``x``, the indices, and a number to write, or None where Octave makes values that fit."""
    shape = size(random)
    kind = random.choice(CLASSES)
    chosen = [_writable(index, length) for index, length in zip(*_with_extents(random, shape), strict=True)]
    number = value(random, kind, [1, 1])[2][0] if random.random() < 0.3 else None
    return {"x": value(random, kind, shape), "at": chosen, "number": number}


def _with_extents(random: Random, shape: list[int]) -> tuple[list[Any], list[int]]:
    chosen = indices(random, shape)
    return chosen, extents(shape, len(chosen))


def _writable(index: Any, length: int) -> Any:
    """Return the index, or another for one beyond the end: Octave grows arrays there."""
    is_matrix = isinstance(index, list) and index[0] == "index"
    largest = max(index[2], default=0) if is_matrix else index
    return "end" if isinstance(largest, int) and largest > length else index
