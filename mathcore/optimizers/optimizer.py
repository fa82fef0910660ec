"""What an optimizer is: a chain of transformations and a learning rate, applied to a flat parameter vector in place.

The chain becomes one program (``tracing.py``), and a step one pass over parameters, gradient and state. The bits are
the same on every backend.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from mathcore.array import NDArray
from mathcore.backends.update_program import UpdateProgram, slot_stride
from mathcore.errors import OptimizerError
from mathcore.functions.operands import same_device
from mathcore.optimizers.multipliers import Multipliers
from mathcore.optimizers.policy import LearningRate
from mathcore.optimizers.tracing import RATE, Source, trace
from mathcore.optimizers.transformation import Transformation


class Optimizer:
    """A rule that turns parameters, its own state and a mean gradient into the next parameters and state.

    Attributes:
        name: how jobs call it.
        chain: its transformations, in order.
        learning_rate: gives the learning rate of a step.
        slots: the names of its vectors of state, in order.
    """

    def __init__(self, name: str, chain: Sequence[Transformation], learning_rate: LearningRate) -> None:
        """Take the parts.

        Raises:
            OptimizerError: if the chain does what cannot be made a program.
        """
        self.name = name
        self.chain = tuple(chain)
        self.learning_rate = learning_rate
        self.slots = tuple(slot for transformation in chain for slot in transformation.state)
        self._needs_norm = any(transformation.needs_norm for transformation in chain)
        if any(transformation.needs_norm for transformation in self.chain[1:]):
            raise OptimizerError(
                f"{name}: expected what needs the norm of the gradient to come first; move it to the front"
            )
        self._program = lru_cache(lambda multiplied: trace(name, self.chain, multiplied=multiplied))
        self._program(False)

    def state_size(self, size: int) -> int:
        """Return the length of the state vector for ``size`` learned parameters; it starts as zeros.

        The slots lie one after the other, each from a multiple of ``size`` rounded up to 256.
        """
        return len(self.slots) * slot_stride(size)

    def update(
        self,
        parameters: NDArray,
        state: NDArray,
        gradient: NDArray,
        *,
        step: int,
        state_step: int | None = None,
        size: int | None = None,
        multipliers: Multipliers | None = None,
    ) -> None:
        """Take one step: change ``parameters`` and ``state`` in place.

        Args:
            parameters: float32, one axis.
            state: float32 (state_size(size),).
            gradient: float32, as long as the parameters; it is left as it is.
            step: 0 for the first update; the learning rate follows from it.
            state_step: how many updates the state has seen since it was zeros; bias corrections follow from it. None:
                as many as ``step``.
            size: how many elements, from the first on, are learned; the rest is left as it is. None: all.
            multipliers: the factors of each array; None where all are 1. Where ``lr_mult`` is 0, parameters and state
                keep their bits.
        Raises:
            OptimizerError: if the vectors do not fit each other.
        """
        size = parameters.size if size is None else size
        self._check(parameters, state, gradient, size)
        backend = same_device(self.name, parameters, state, gradient)
        norm = gradient_norm(gradient, size=size, multipliers=multipliers) if self._needs_norm else 0.0
        program, sources = self._program(multipliers is not None)
        backend.update(
            program, parameters, gradient, state,
            numbers=self._numbers(sources, step, step if state_step is None else state_step, norm), size=size,
            multipliers=None if multipliers is None else multipliers.array,
        )  # fmt: skip

    def program(self, *, multiplied: bool) -> UpdateProgram:
        """Return what backends run."""
        return self._program(multiplied)[0]

    def _numbers(self, sources: Sequence[Source], step: int, state_step: int, norm: float) -> np.ndarray:
        rate = self.learning_rate(step)
        tables = [transformation.numbers(state_step, norm) for transformation in self.chain]
        values = []
        for source in sources:
            if isinstance(source, tuple):
                place, name = source
                if name not in tables[place]:
                    raise OptimizerError(
                        f"{self.name}, {type(self.chain[place]).__name__}: expected numbers() to give {name}, "
                        f"got {', '.join(tables[place]) or 'none'}; add it"
                    )
                values.append(float(tables[place][name]))
            else:
                values.append(rate if source == RATE else float(source))
        with np.errstate(over="ignore"):  # what float32 cannot hold is infinite
            return np.array(values, np.float64).astype(np.float32)

    def _check(self, parameters: NDArray, state: NDArray, gradient: NDArray, size: int) -> None:
        long_enough = 0 <= size <= parameters.size and parameters.shape == gradient.shape and parameters.ndim == 1
        if not long_enough or state.shape != (self.state_size(size),):
            raise OptimizerError(
                f"{self.name}: expected parameters and gradient of one shape (P,), P at least {size}, and state of "
                f"shape ({self.state_size(size)},), got {parameters.shape}, {gradient.shape} and {state.shape}; "
                "make the state with state_size(size)"
            )


def gradient_norm(gradient: NDArray, *, size: int, multipliers: Multipliers | None) -> float:
    """Return the Euclidean norm of the first ``size`` elements: the same bits on every backend.

    The device sums squares within blocks of 256 in a fixed order, the host the blocks in float64, first to last. It
    costs a pass over the gradient, a transfer of 1/256 of its bytes, and waits for the device. Arrays that are not
    learned (``lr_mult`` 0) do not count.
    """
    sums = gradient.backend.block_squares(gradient, size=size).numpy().astype(np.float64)
    if multipliers is not None:
        sums[multipliers.table[: sums.size, 0] == 0] = 0
    running = np.cumsum(sums)  # in order; np.sum would add in an order of its own
    return math.sqrt(running[-1]) if sums.size else 0.0
