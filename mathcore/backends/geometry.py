"""The geometry of a two-dimensional convolution: what both backends derive from its shapes and steps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from mathcore.backends.shapes import Pair, Shape, window_count
from mathcore.errors import MathcoreError, ShapeError

ACTIVATIONS = ("identity", "relu")


@dataclass(frozen=True)
class Geometry:
    """A convolution of x (N, H, W, C) with w (KH, KW, C // groups, O) to y (N, OH, OW, O).

    Output (n, i, j, o) reads x at rows i SH - PH + p DH and columns j SW - PW + q DW. Output o belongs to group
    o // (O // groups), which reads the channels from that group times C // groups on.
    """

    x_shape: Shape
    w_shape: Shape
    stride: Pair
    pad: Pair
    dilation: Pair
    groups: int

    @cached_property
    def y_shape(self) -> Shape:
        """(N, OH, OW, O)."""
        sides = zip(self.x_shape[1:3], self.spans, self.stride, self.pad, strict=True)
        height, width = (window_count(size, ksize=span, stride=step, pad=pad) for size, span, step, pad in sides)
        return (self.x_shape[0], height, width, self.w_shape[3])

    @cached_property
    def spans(self) -> Pair:
        """Height and width of a window: (KH - 1) DH + 1, (KW - 1) DW + 1."""
        return span(self.w_shape[0], self.dilation[0]), span(self.w_shape[1], self.dilation[1])

    @property
    def ksize(self) -> Pair:
        """(KH, KW)."""
        return self.w_shape[0], self.w_shape[1]

    @property
    def inputs(self) -> int:
        """Channels of x that an output reads."""
        return self.w_shape[2]

    @property
    def outputs(self) -> int:
        """Outputs of a group."""
        return self.w_shape[3] // self.groups


def span(ksize: int, dilation: int) -> int:
    """Return how many elements lie between the first and the last tap of a window, both included."""
    return (ksize - 1) * dilation + 1


@lru_cache(maxsize=4096)
def geometry(
    operation: str, x_shape: Shape, w_shape: Shape, *, stride: Pair, pad: Pair, dilation: Pair = (1, 1), groups: int = 1
) -> Geometry:
    """Return the geometry of a convolution.

    Raises:
        ShapeError: if the shapes do not fit; names the operation, what was expected and what came.
    """
    if len(x_shape) != 4 or len(w_shape) != 4 or x_shape[3] != w_shape[2] * groups:
        channels = "C" if groups == 1 else f"C / {groups}"
        raise ShapeError(
            f"{operation}: expected x (N, H, W, C) and w (KH, KW, {channels}, O), got {x_shape} and {w_shape}"
        )
    if groups < 1 or w_shape[3] % groups:
        raise ShapeError(f"{operation}: expected a multiple of {groups} outputs, got {w_shape[3]}; change groups")
    result = Geometry(x_shape, w_shape, stride, pad, dilation, groups)
    if min(result.y_shape[1:3]) < 1:
        raise ShapeError(
            f"expected images of at least {result.spans} with pad {pad}, got {x_shape}; use a smaller ksize"
        )
    return result


def check_gradient(operation: str, shape: Geometry, dy: Shape, db: Shape | None = None) -> None:
    """Raise ShapeError unless ``dy`` has the shape of y, and ``db`` one element an output."""
    if dy != shape.y_shape:
        raise ShapeError(f"{operation}: expected dy of shape {shape.y_shape}, got {dy}")
    if db not in (None, shape.y_shape[3:]):
        raise ShapeError(f"{operation}: expected db of shape {shape.y_shape[3:]}, got {db}")


def check_forward(operation: str, shape: Geometry, b: Shape | None, activation: str) -> None:
    """Raise unless ``b`` has one element an output and ``activation`` is known."""
    if b not in (None, shape.y_shape[3:]):
        raise ShapeError(f"{operation}: expected b of shape {shape.y_shape[3:]}, got {b}")
    if activation not in ACTIVATIONS:
        raise MathcoreError(f"{operation}: expected activation {' or '.join(ACTIVATIONS)}, got {activation!r}")
