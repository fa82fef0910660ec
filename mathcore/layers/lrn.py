"""Local response normalization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mathcore.array import NDArray
from mathcore.errors import NetworkError, ShapeError
from mathcore.layers.layer import TESTING, Arrays, Backward, Context, Layer, Shape
from mathcore.layers.registry import register_layer
from mathcore.layers.settings import Settings
from mathcore.layers.shapes import with_examples

PARAMS = ("size", "alpha", "beta", "k")


@register_layer("lrn")
class LRN(Layer):
    """x / (k + alpha / size * sum of the squares of the ``size`` channels around it)**beta: (..., C) to (..., C).

    Params: ``size``, odd (default 5); ``alpha`` (default 1e-4), ``beta`` (default 0.75), ``k`` (default 1). Alpha is
    divided by the size, as in Caffe and PyTorch; AlexNet's paper does not: its 1e-4 and k = 2 are 5e-4 and 2 here.
    Channels that do not exist count as 0.
    """

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        settings = Settings(str(self), params, known=PARAMS)
        self.size = settings.integer("size", minimum=1, maximum=255) if "size" in params else 5
        self.alpha = settings.number("alpha", minimum=0, maximum=1e6, default=1e-4)
        self.beta = settings.number("beta", minimum=0, maximum=100, default=0.75)
        self.k = settings.number("k", minimum=1e-6, maximum=1e6, default=1)
        if self.size % 2 == 0:
            raise NetworkError(f"{self}: expected size to be odd, got {self.size}; use {self.size + 1}")

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        (x,) = inputs
        if not x:
            raise ShapeError(f"{self}: expected x of shape (N, ..., C), got {with_examples(x)}; give it channels")
        return (x,)

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        """Return ``y`` (N, ..., C) float32, and ``backward``.

        Source:
            Krizhevsky, Sutskever, Hinton, ImageNet Classification with Deep Convolutional Neural Networks (2012),
            section 3.3.
        """
        (x,) = inputs
        size, alpha, beta = self.size, self.alpha, self.beta
        y, scale = x.backend.lrn(x, size=size, alpha=alpha, beta=beta, k=self.k)

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            (dy,) = output_gradients
            return (dy.backend.lrn_gradient(dy, x, y, scale, size=size, alpha=alpha, beta=beta),)

        return (y,), backward
