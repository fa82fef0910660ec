"""The linear (fully connected) layer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from mathcore.array import NDArray
from mathcore.errors import NetworkError, ShapeError
from mathcore.layers.filler_settings import read_filler
from mathcore.layers.layer import TESTING, Arrays, Backward, Context, Filler, Layer, ParameterSpec, Shape
from mathcore.layers.registry import register_layer
from mathcore.layers.settings import Settings
from mathcore.layers.shapes import with_examples

PARAMS = ("out_size", "in_size", "in_shape", "bias", "weight_filler", "bias_filler")


@register_layer("linear")
class Linear(Layer):
    """``y = x @ w + b`` for blobs of any shape, read as rows of I elements: (...) to (O,).

    Params: ``out_size`` O; ``in_size`` I or ``in_shape``, the exact shape of x (optional, checked if given); ``bias``
    (default true), false for none; ``weight_filler``, ``bias_filler`` (default xavier and zero): see
    ``filler_settings.py``.
    """

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        settings = Settings(str(self), params, known=PARAMS)
        self.out_size = settings.integer("out_size", minimum=1)
        self.in_size = settings.optional_integer("in_size", minimum=1)
        self.in_shape = settings.shape("in_shape") if "in_shape" in params else None
        self.bias = settings.flag("bias", default=True)
        self.weight_filler = read_filler(self, params, "weight_filler", default=Filler("xavier"))
        self.bias_filler = read_filler(self, params, "bias_filler", default=Filler("constant"))
        if self.in_size is not None and self.in_shape is not None and self.in_size != math.prod(self.in_shape):
            raise NetworkError(
                f"{self}: expected in_size to be the product of in_shape {list(self.in_shape)}, got {self.in_size}; "
                "leave one of them out"
            )

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        (x,) = inputs
        if self.in_shape not in (None, x):
            raise ShapeError(
                f"{self}: expected x of shape {with_examples(self.in_shape or ())}, got {with_examples(x)}; "
                f"set in_shape to {list(x)} or leave it out"
            )
        if self.in_size not in (None, math.prod(x)):
            raise ShapeError(
                f"{self}: expected x of shape (N, {self.in_size}), got {with_examples(x)}; "
                f"set in_size to {math.prod(x)} or leave it out"
            )
        self.in_size = math.prod(x)
        return ((self.out_size,),)

    def parameter_specs(self) -> dict[str, ParameterSpec]:
        assert self.in_size is not None, "infer_shapes comes first"
        w = ParameterSpec((self.in_size, self.out_size), self.weight_filler, self.in_size)
        return {"w": w, "b": ParameterSpec((self.out_size,), self.bias_filler)} if self.bias else {"w": w}

    def forward_flops(self) -> int:
        return 2 * math.prod(self.parameter_specs()["w"].shape)

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        """Return ``y = x @ w + b`` and ``backward``.

        Args:
            parameters: ``w`` (I, O) and, with a bias, ``b`` (O,), float32.
            inputs: ``x`` (N, ...) float32 with I elements an example.
        Returns:
            ``y`` (N, O) and ``backward``.
        Source:
            Goodfellow, Bengio, Courville, Deep Learning (2016), section 6.5.
        """
        (x,) = inputs
        w = parameters["w"]
        rows = x.backend.reshape(x, (x.shape[0], w.shape[0]))
        y = x.backend.linear(rows, w, parameters.get("b"))

        def backward(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
            (dy,) = output_gradients
            if not self.frozen:
                dy.backend.linear_weight_gradient(rows, dy, gradients["w"], gradients.get("b"))
            if not self.needs_input_gradient:
                return (None,)
            return (dy.backend.reshape(dy.backend.linear_data_gradient(dy, w), x.shape),)

        return (y,), backward
