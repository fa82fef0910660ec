"""Windows of images (N, H, W, C): laid out one by one, added back, and pooled.

``ksize``, ``stride``, ``pad`` and ``dilation`` are one number or a pair (height, width). ``pad`` pixels of zeros stand
around the images; ``dilation`` is how far apart the pixels of a window are.
"""

from __future__ import annotations

from typing import Any

from mathcore.array import NDArray
from mathcore.backends.shapes import Pair, contiguous_strides, window_count
from mathcore.errors import DTypeError, ShapeError
from mathcore.functions.operands import to_array

__all__ = ["average_pooling_2d", "col2im", "im2col", "max_pooling_2d"]

Sizes = int | tuple[int, int]


def im2col(x: Any, ksize: Sizes, *, stride: Sizes = 1, pad: Sizes = 0, dilation: Sizes = 1) -> NDArray:
    """Return the windows of images, each laid out on its own.

    y[n, i, j, p, q] = x[n, i SH + p DH - PH, j SW + q DW - PW]. A convolution is then a product of matrices:
    ``im2col(x, (KH, KW)).reshape(-1, KH * KW * C) @ w``.

    Args:
        x: (N, H, W, C).
        ksize: KH, KW.
        stride: SH, SW, from a window to the next.
        pad: PH, PW.
        dilation: DH, DW.
    Returns:
        (N, OH, OW, KH, KW, C), of the type of ``x``.
    Raises:
        ShapeError: if ``x`` has not four axes, a number is too small, or not one window fits.
    """
    images = _images("im2col", x)
    (KH, KW), (SH, SW), (PH, PW), (DH, DW) = pairs = _pairs("im2col", ksize, stride, pad, dilation)
    OH, OW = _counts("im2col", _size(images), *pairs)
    if PH or PW:
        images = _padded(images, (PH, PW))
    image, row, pixel, _ = contiguous_strides(images.shape)
    steps = (image, SH * row, SW * pixel, DH * row, DW * pixel, 1)
    return images.backend.read_strided(images, 0, steps, (images.shape[0], OH, OW, KH, KW, images.shape[3]))


def col2im(columns: Any, size: tuple[int, int], *, stride: Sizes = 1, pad: Sizes = 0, dilation: Sizes = 1) -> NDArray:
    """Return images made of windows: each window is added where ``im2col`` takes it from; it is the adjoint of it.

    Args:
        columns: (N, OH, OW, KH, KW, C).
        size: H, W of the images.
        stride: as given to ``im2col``; so are ``pad`` and ``dilation``.
        pad: PH, PW.
        dilation: DH, DW.
    Returns:
        (N, H, W, C), of the type of ``columns``. The sums run in the order of the windows' pixels, on every device.
    Raises:
        ShapeError: if ``im2col`` gives no such windows for images of that size.
        DTypeError: if ``columns`` are bool.
    """
    windows = to_array("col2im", columns)
    if windows.ndim != 6:
        raise ShapeError(f"col2im: expected windows (N, OH, OW, KH, KW, C), got shape {windows.shape}")
    if windows.dtype.kind == "b":
        raise DTypeError("col2im: expected numbers to add, got bool; convert them with astype")
    pairs = _pairs("col2im", (windows.shape[3], windows.shape[4]), stride, pad, dilation)
    counts = _counts("col2im", size, *pairs)
    if windows.shape[1:3] != counts:
        raise ShapeError(f"col2im: expected (OH, OW) = {counts} for images of {size}, got shape {windows.shape}")
    return windows.backend.col2im(windows, size=(size[0], size[1]), stride=pairs[1], pad=pairs[2], dilation=pairs[3])


def max_pooling_2d(x: Any, ksize: Sizes, *, stride: Sizes | None = None, pad: Sizes = 0) -> NDArray:
    """Return the largest elements of windows of images.

    Args:
        x: (N, H, W, C), floating point.
        ksize: KH, KW; at most 256 pixels.
        stride: SH, SW; None: windows side by side.
        pad: PH, PW; what lies outside counts as minus infinity.
    Returns:
        (N, OH, OW, C).
    Raises:
        ShapeError: if ``x`` has not four axes, a number is too small, or not one window fits.
        DTypeError: if ``x`` is not floating point.
    """
    images, (ksize, strides, pads) = _pooled("max_pooling_2d", x, ksize, stride, pad)
    return images.backend.max_pooling_2d(images, ksize=ksize, stride=strides, pad=pads)[0]


def average_pooling_2d(x: Any, ksize: Sizes, *, stride: Sizes | None = None, pad: Sizes = 0) -> NDArray:
    """Return the means of windows of images; what lies outside counts as zeros.

    Args:
        x: (N, H, W, C), floating point.
        ksize: KH, KW.
        stride: SH, SW; None: windows side by side.
        pad: PH, PW.
    Returns:
        (N, OH, OW, C).
    Raises:
        ShapeError: if ``x`` has not four axes, a number is too small, or not one window fits.
        DTypeError: if ``x`` is not floating point.
    """
    images, (ksize, strides, pads) = _pooled("average_pooling_2d", x, ksize, stride, pad)
    return images.backend.average_pooling_2d(images, ksize=ksize, stride=strides, pad=pads)


def _pooled(name: str, x: Any, ksize: Sizes, stride: Sizes | None, pad: Sizes) -> tuple[NDArray, tuple[Pair, ...]]:
    images = _images(name, x)
    if images.dtype.kind != "f":
        raise DTypeError(f"{name}: expected float32, got {images.dtype}; convert it with astype")
    sizes, strides, pads, _ = pairs = _pairs(name, ksize, ksize if stride is None else stride, pad, 1)
    _counts(name, _size(images), *pairs)
    return images, (sizes, strides, pads)


def _images(name: str, x: Any) -> NDArray:
    images = to_array(name, x)
    if images.ndim != 4:
        raise ShapeError(f"{name}: expected images (N, H, W, C), got shape {images.shape}; reshape them")
    return images


def _size(images: NDArray) -> Pair:
    return images.shape[1], images.shape[2]


def _pairs(name: str, ksize: Sizes, stride: Sizes, pad: Sizes, dilation: Sizes) -> tuple[Pair, Pair, Pair, Pair]:
    """Return the four as pairs (height, width)."""
    ksize, stride, pad, dilation = (
        (given, given) if isinstance(given, int) else given for given in (ksize, stride, pad, dilation)
    )
    for what, pair, least in (("ksize", ksize, 1), ("stride", stride, 1), ("pad", pad, 0), ("dilation", dilation, 1)):
        if len(pair) != 2 or min(pair) < least:
            raise ShapeError(f"{name}: expected {what} to be numbers (height, width) from {least} on, got {pair}")
    return ksize, stride, pad, dilation


def _counts(name: str, size: Pair, ksize: Pair, stride: Pair, pad: Pair, dilation: Pair) -> Pair:
    """Return (OH, OW): how many windows fit images of that size."""
    spans = [(side - 1) * apart + 1 for side, apart in zip(ksize, dilation, strict=True)]
    counts = tuple(
        window_count(side, ksize=span, stride=step, pad=border)
        for side, span, step, border in zip(size, spans, stride, pad, strict=True)
    )
    if min(counts) < 1:
        raise ShapeError(f"{name}: expected images of at least {tuple(spans)} with pad {pad}, got {tuple(size)}")
    return counts[0], counts[1]


def _padded(images: NDArray, pad: Pair) -> NDArray:
    """Return images with a border of zeros."""
    N, H, W, C = images.shape
    (PH, PW), backend = pad, images.backend
    y = backend.zeros((N, H + 2 * PH, W + 2 * PW, C), images.dtype)
    strides = contiguous_strides(y.shape)
    backend.write_strided(y, PH * strides[1] + PW * strides[2], strides, images.shape, images)
    return y
