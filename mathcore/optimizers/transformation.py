"""What every transformation is: one small rule of a chain that turns the gradient into a change of the parameters.

A rule is written once, with symbols in place of vectors, and runs as part of one kernel.

Source:
    The idea of chains is that of Optax (DeepMind, 2020).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from mathcore.array import NDArray
from mathcore.optimizers.registry import Registry

if TYPE_CHECKING:
    from mathcore.optimizers.tracing import Numbers, State


class Transformation:
    """Base of all transformations; its settings are the keyword arguments of ``__init__``.

    Attributes:
        state: names of the vectors that it keeps from step to step; they start as zeros.
        needs_norm: whether ``numbers`` needs the norm of the gradient, which costs a pass and waits for the device.
    """

    state: ClassVar[tuple[str, ...]] = ()
    needs_norm: ClassVar[bool] = False

    def numbers(self, step: int, norm: float) -> Mapping[str, float]:
        """Return numbers that change from step to step, for ``update``.

        Args:
            step: 0 for the first update.
            norm: of the gradient, if it is needed; else 0.
        """
        return {}

    def update(self, u: NDArray, w: NDArray, state: State, numbers: Numbers) -> NDArray:
        """Return what the next transformation gets; what the last one returns is added to the parameters.

        It is run once, on symbols: operators, ``abs``, and ``sqrt``, ``square``, ``sign``, ``maximum``, ``minimum``,
        ``where`` of ``mathcore``; nothing whose bits depend on a library.

        Args:
            u: for the first transformation the gradient, else what the one before returned.
            w: the parameters.
            state: its vectors as attributes; assigning one gives its next value.
            numbers: as attributes ``rate``, the learning rate of the step (times the array's ``lr_mult``),
                ``decay_mult``, and those of ``self.numbers``.
        """
        raise NotImplementedError


transformations: Registry[Transformation] = Registry("transformation")
register_transformation = transformations.register
