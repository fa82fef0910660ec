"""What layers that look at windows of images share when they infer shapes."""

from __future__ import annotations

from mathcore.backends.shapes import Pair, window_count
from mathcore.errors import ShapeError
from mathcore.layers.layer import Layer, Shape


def with_examples(shape: Shape) -> str:
    """Return a blob shape as messages show it, with the example axis: ``(N, 28, 28, 1)``."""
    return f"({', '.join(['N', *(str(length) for length in shape)])}{',' if not shape else ''})"


def check_images(layer: Layer, shape: Shape) -> None:
    """Raise ShapeError unless the blob holds images (H, W, C)."""
    if len(shape) != 3:
        raise ShapeError(
            f"{layer}: expected x of shape (N, H, W, C), got {with_examples(shape)}; give it a blob of images"
        )


def windows(layer: Layer, shape: Shape, *, ksize: Pair, stride: Pair, pad: Pair) -> Pair:
    """Return (OH, OW), how many windows fit into images (H, W, C).

    Raises:
        ShapeError: if none does; names the layer.
    """
    height = window_count(shape[0], ksize=ksize[0], stride=stride[0], pad=pad[0])
    width = window_count(shape[1], ksize=ksize[1], stride=stride[1], pad=pad[1])
    if height < 1 or width < 1:
        raise ShapeError(
            f"{layer}: expected x of at least {ksize[0]} x {ksize[1]} with pad {list(pad)}, "
            f"got {with_examples(shape)}; use a smaller ksize or more pad"
        )
    return height, width


def check_channels(layer: Layer, shape: Shape, *, in_size: int | None) -> int:
    """Return C of a blob (..., C).

    Raises:
        ShapeError: if it has no axis, or ``in_size`` is given and another.
    """
    if not shape or in_size not in (None, shape[-1]):
        expected = "C" if in_size is None else in_size
        what = f"set in_size to {shape[-1]} or leave it out" if shape else "give it a blob of vectors or images"
        raise ShapeError(f"{layer}: expected x of shape (N, ..., {expected}), got {with_examples(shape)}; {what}")
    return shape[-1]
