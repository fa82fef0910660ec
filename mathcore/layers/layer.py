"""What every layer is: settings from JSON, shapes, parameters, and ``forward`` that returns its ``backward``.

Shapes leave out the example axis: an image blob is ``(H, W, C)``, a label blob ``()``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from mathcore.array import NDArray

Shape = tuple[int, ...]
Arrays = tuple[NDArray, ...]
Backward = Callable[[Arrays, Mapping[str, NDArray]], tuple[NDArray | None, ...]]


@dataclass(frozen=True)
class Filler:
    """How an array is filled at the start; ``network/fillers.py`` knows the types and what they take.

    Attributes:
        type: ``"constant"``, ``"uniform"``, ``"gaussian"``, ``"xavier"`` or ``"msra"``.
        value: what ``"constant"`` fills with.
        low: where ``"uniform"`` begins.
        high: where it ends.
        mean: of ``"gaussian"``.
        std: its standard deviation.
    """

    type: str
    value: float = 0.0
    low: float = 0.0
    high: float = 1.0
    mean: float = 0.0
    std: float = 1.0


@dataclass(frozen=True)
class ParameterSpec:
    """One array that a layer keeps in the parameter vector.

    Attributes:
        shape: its shape.
        filler: how it is filled at the start.
        fan_in: how many inputs an output is summed from; some fillers need it.
        running: False for a learned array, which the optimizer updates by its gradient. True for a statistic that
            training observes, such as a running mean: in place of a gradient, ``backward`` gives its next value, and
            a step replaces it by the mean of those over the shards, weighted by examples.
        lr_mult: factor of the learning rate; 0 for an array that stays as it is.
        decay_mult: factor of the weight decay.
    """

    shape: Shape
    filler: Filler = field(default_factory=lambda: Filler("constant"))
    fan_in: int = 1
    running: bool = False
    lr_mult: float = 1.0
    decay_mult: float = 1.0


@dataclass(frozen=True)
class Context:
    """What a forward pass is for, and what its random numbers follow from.

    Attributes:
        phase: ``"train"`` or ``"test"``.
        key: int32 (4,) on the device of the inputs: seed (low and high 32 bits), step, and the place in the step's
            batch of the first example. A layer draws for an example by its place in the batch, so that the numbers do
            not depend on how the batch is cut into shards. None where nothing is drawn: a layer then acts as in phase
            "test". It is an array because a recorded step is replayed with other steps in it.
    """

    phase: str = "test"
    key: NDArray | None = None


TESTING = Context()
"""The context of a layer used alone, unless another is given."""


def training_key(seed: int, step: int, place: int) -> np.ndarray:
    """Return the values of ``Context.key``, int32 (4,); numbers of 32 bits and more wrap around."""
    words = (seed & 0xFFFFFFFF, seed >> 32 & 0xFFFFFFFF, step & 0xFFFFFFFF, place & 0xFFFFFFFF)
    return np.array(words, np.uint32).view(np.int32)


class Layer:
    """Base of all layers.

    A layer is built once from its JSON ``params`` and keeps no arrays: parameters come in through
    ``forward``, and what ``backward`` needs lives in the closure that ``forward`` returns.

    Attributes:
        type: the name in the JSON definition.
        role: ``"data"`` (feeds blobs), ``"compute"``, ``"loss"`` or ``"metric"``.
        input_count: how many blobs it reads; None: any number, at least one.
        output_count: how many blobs it writes; likewise.
        input_count_param: the param that says how many blobs it reads; checked where it is given.
        output_count_param: the same of the blobs it writes.
        needs_input_gradient: whether ``backward`` must compute the gradients of its inputs. True for a layer used
            alone; a network sets it to False where no parameter lies before the layer, as for the first convolution,
            whose data gradient nobody would read. ``backward`` then returns ``None`` for that input.
        frozen: whether its arrays stay as they are, because the definition says so. ``backward`` may then leave out
            the work for their gradients: what it writes is dropped. In training it runs as in phase "test" if it
            keeps running statistics.
    """

    type: ClassVar[str]
    role: ClassVar[str] = "compute"
    input_count: ClassVar[int | None] = 1
    output_count: ClassVar[int | None] = 1
    input_count_param: ClassVar[str] = ""
    output_count_param: ClassVar[str] = ""

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        self.name = name
        self.needs_input_gradient = True
        self.frozen = False

    def __str__(self) -> str:
        """Return ``type "name"``, as messages call the layer."""
        return f'{self.type} "{self.name}"'

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        """Return the output shapes, and fix whatever the settings left open.

        Raises:
            ShapeError: if the inputs do not fit; names the layer, what was expected and what came.
        """
        raise NotImplementedError

    def parameter_specs(self) -> dict[str, ParameterSpec]:
        """Return the arrays it keeps in the parameter vector by name; valid after ``infer_shapes``."""
        return {}

    def forward_flops(self) -> int:
        """Return the multiply-adds of ``forward`` for one example, times two; valid after ``infer_shapes``."""
        return 0

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        """Return the outputs and ``backward``.

        ``backward(output_gradients, parameter_gradients)`` writes every parameter gradient into the
        array of the same name in ``parameter_gradients`` (overwriting it), for a running statistic its next value,
        and returns the gradient of the loss with respect to each input, or ``None`` for an input that has none
        (labels). That may be an array of ``output_gradients``, which it must not change. It is called once at most.
        """
        raise NotImplementedError
