"""What every layer is: settings from JSON, shapes, parameters, and ``forward`` that returns its ``backward``.

Shapes leave out the example axis: an image blob is ``(H, W, C)``, a label blob ``()``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from mathcore.array import NDArray

Shape = tuple[int, ...]
Arrays = tuple[NDArray, ...]
Backward = Callable[[Arrays, Mapping[str, NDArray]], tuple[NDArray | None, ...]]


@dataclass(frozen=True)
class ParameterSpec:
    """One learned array: its shape, how it is filled at the start, and the fan-in the filler needs."""

    shape: Shape
    filler: str
    fan_in: int = 1


class Layer:
    """Base of all layers.

    A layer is built once from its JSON ``params`` and keeps no arrays: parameters come in through
    ``forward``, and what ``backward`` needs lives in the closure that ``forward`` returns.

    Attributes:
        type: the name in the JSON definition.
        role: ``"data"`` (feeds blobs), ``"compute"``, ``"loss"`` or ``"metric"``.
        input_count: how many blobs it reads.
        output_count: how many blobs it writes.
        needs_input_gradient: whether ``backward`` must compute the gradients of its inputs. True for a layer used
            alone; a network sets it to False where no parameter lies before the layer, as for the first convolution,
            whose data gradient nobody would read. ``backward`` then returns ``None`` for that input.
    """

    type: ClassVar[str]
    role: ClassVar[str] = "compute"
    input_count: ClassVar[int] = 1
    output_count: ClassVar[int] = 1

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        self.name = name
        self.needs_input_gradient = True

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
        """Return the learned arrays by name; valid after ``infer_shapes``."""
        return {}

    def forward_flops(self) -> int:
        """Return the multiply-adds of ``forward`` for one example, times two; valid after ``infer_shapes``."""
        return 0

    def forward(self, parameters: Mapping[str, NDArray], *inputs: NDArray) -> tuple[Arrays, Backward]:
        """Return the outputs and ``backward``.

        ``backward(output_gradients, parameter_gradients)`` writes every parameter gradient into the
        array of the same name in ``parameter_gradients`` (overwriting it) and returns the gradient of
        the loss with respect to each input, or ``None`` for an input that has none (labels).
        """
        raise NotImplementedError
