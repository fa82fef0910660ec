"""Generator: random arrays from a seed, the same numbers on every device.

    rng = mathcore.random.Generator(7)
    x = rng.normal((3, 4))
    order = rng.permutation(100)

A generator is a seed, the number of a stream and a count of draws. Its draw d is the stream (stream, d, 0) of
``mathcore/random/philox.py``: it depends on these and nothing else, neither on the device nor on other generators.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.operations import Chain, Step
from mathcore.devices import backend_of
from mathcore.errors import MathcoreError, ShapeError
from mathcore.random import philox

if TYPE_CHECKING:
    from mathcore.backends.base import Backend
    from mathcore.devices import Device

Shape = int | tuple[int, ...]

NUMBERS, CHILDREN = 0, 1
"""Last number of the streams that draws and splits use."""

FIELDS = {"seed": 2**64, "stream": 2**32, "draws": 2**32}
"""What a state holds: numbers of 0 up to, but without, these."""

FLOAT32 = np.dtype(np.float32)
SCALED: Chain = (Step("multiply", (0, 1), FLOAT32), Step("add", (3, 2), FLOAT32))
"""x * y + z, two roundings."""
SCALED_BELOW: Chain = (
    Step("multiply", (0, 1), FLOAT32), Step("add", (4, 2), FLOAT32), Step("minimum", (5, 3), FLOAT32),
)  # fmt: skip
"""The same, and at most a fourth operand."""


class Generator:
    """Makes random arrays; every call gives new numbers, a new generator of the same seed the same ones again.

    Args:
        seed: 0 to 2**64 - 1.
        stream: 0 to 2**32 - 1; generators of one seed and other streams are independent.
        device: where arrays are made; None: the default device. It does not change the numbers.
    Raises:
        MathcoreError: if the seed or the stream is out of range.
        DeviceError: if there is no such device.
    """

    __slots__ = ("_backend", "_draws", "_seed", "_stream")

    def __init__(self, seed: int, *, stream: int = 0, device: str | Device | Backend | None = None) -> None:
        self._seed, self._stream, self._draws = operator.index(seed), operator.index(stream), 0
        philox.key_words(self._seed, self._stream)
        self._backend = backend_of(device)

    @classmethod
    def from_state(cls, state: Mapping[str, int], *, device: str | Device | Backend | None = None) -> Generator:
        """Return a generator that goes on where the one with this ``state`` was.

        Raises:
            MathcoreError: if it is no state.
        """
        if set(state) != set(FIELDS) or not all(
            type(state[name]) is int and 0 <= state[name] < end for name, end in FIELDS.items()
        ):
            raise MathcoreError(
                f"Generator: expected a state of {', '.join(FIELDS)}, whole numbers in range, got {state}"
            )
        generator = cls(state["seed"], stream=state["stream"], device=device)
        generator._draws = state["draws"]
        return generator

    @property
    def state(self) -> dict[str, int]:
        """What ``from_state`` needs to go on from here; whole numbers, for JSON."""
        return {"seed": self._seed, "stream": self._stream, "draws": self._draws}

    def uniform(self, shape: Shape = (), low: float = 0.0, high: float = 1.0) -> NDArray:
        """Return float32 numbers from ``low`` up to, but without, ``high``, evenly distributed.

        Raises:
            MathcoreError: if ``low`` is above ``high``, or float32 does not hold the range.
        """
        with np.errstate(over="ignore"):
            # Adding 0 turns -0 into 0: which of the two a minimum gives is nowhere defined.
            first, end, span = (np.float32(number) + np.float32(0) for number in (low, high, high - low))
        if not (low <= high and np.isfinite([first, end, span]).all()):
            raise MathcoreError(f"uniform: expected low <= high, both of float32, got low {low} and high {high}")
        x = self._backend.random_uniform(self._seed, self._next(NUMBERS), _lengths("uniform", shape))
        if (low, high) == (0, 1):
            return x
        below = np.nextafter(end, first)  # rounding the sum may reach high
        return self._apply(SCALED_BELOW, x, float(span), float(first), float(below))

    def normal(self, shape: Shape = (), mean: float = 0.0, std: float = 1.0) -> NDArray:
        """Return float32 numbers, normally distributed, at most 6.66 standard deviations from the mean.

        Raises:
            MathcoreError: if ``std`` is negative, or float32 does not hold it or the mean.
        """
        with np.errstate(over="ignore"):
            finite = np.isfinite(np.array([mean, std], np.float32)).all()
        if not (std >= 0 and finite):
            raise MathcoreError(f"normal: expected mean and std >= 0 of float32, got mean {mean} and std {std}")
        x = self._backend.random_normal(self._seed, self._next(NUMBERS), _lengths("normal", shape))
        return x if (mean, std) == (0, 1) else self._apply(SCALED, x, std, mean)

    def integers(self, low: int, high: int | None = None, shape: Shape = ()) -> NDArray:
        """Return int32 numbers from ``low`` up to, but without, ``high``; from 0 to ``low`` if only that is given.

        Raises:
            MathcoreError: if there is no such number, or int32 does not hold it.
        """
        first, end = (0, low) if high is None else (low, high)
        philox.check_range(operator.index(first), operator.index(end))
        return self._backend.random_integers(
            self._seed, self._next(NUMBERS), _lengths("integers", shape), low=int(first), high=int(end)
        )

    def permutation(self, x: int | NDArray) -> NDArray:
        """Return 0 to ``x`` - 1 in random order, int32 (x,); or the rows of an array in random order, as a copy.

        The order is found on the host.

        Raises:
            MathcoreError: if ``x`` is negative, or 2**31 or more.
            ShapeError: if an array has no axes.
        """
        if isinstance(x, NDArray):
            return self._permuted(x)
        n = operator.index(x)
        if not 0 <= n < 2**31:
            raise MathcoreError(f"permutation: expected a number of 0 to 2**31 - 1, got {n}")
        return self._backend.asarray(self._order(n))

    def split(self, n: int) -> list[Generator]:
        """Return ``n`` generators on the same device, independent of this one and of one another.

        Their seeds are random numbers of this generator, so they too are the same whenever this one is.
        """
        words = philox.words(self._seed, self._next(CHILDREN), 2 * n).astype(np.uint64)
        seeds = [int(low) | int(high) << 32 for low, high in words.reshape(-1, 2)]
        return [Generator(seed, device=self._backend) for seed in seeds]

    def __repr__(self) -> str:
        return f"<Generator seed={self._seed} stream={self._stream} draws={self._draws} on {self._backend.name}>"

    def _next(self, purpose: int) -> tuple[int, int, int]:
        """Return the stream of the next draw."""
        if self._draws == FIELDS["draws"] - 1:
            raise MathcoreError(f"Generator: expected fewer than {self._draws} draws; split it for more")
        self._draws += 1
        return (self._stream, self._draws - 1, purpose)

    def _apply(self, steps: Chain, x: NDArray, *numbers: float) -> NDArray:
        return self._backend.chain(steps, x, *(self._backend.asarray(np.float32(number)) for number in numbers))

    def _order(self, n: int) -> np.ndarray:
        return philox.permutation(self._seed, self._next(NUMBERS), n).astype(np.int32)

    def _permuted(self, x: NDArray) -> NDArray:
        if not x.shape:
            raise ShapeError("permutation: expected an array with an axis, got shape ()")
        places = x.backend.asarray(self._order(x.shape[0]))
        rows = x.backend.reshape(x, (x.shape[0], math.prod(x.shape[1:])))
        return x.backend.reshape(x.backend.gather_rows(rows, places), x.shape)


def _lengths(name: str, shape: Shape) -> tuple[int, ...]:
    lengths = tuple(operator.index(n) for n in (shape if isinstance(shape, tuple) else (shape,)))
    if any(n < 0 for n in lengths):
        raise ShapeError(f"{name}: expected lengths of 0 or more, got {shape}")
    return lengths
