"""Crops, mirror images and scaling of input images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mathcore.array import NDArray
from mathcore.errors import ShapeError
from mathcore.layers.layer import TESTING, Arrays, Backward, Context, Layer, Shape
from mathcore.layers.registry import register_layer
from mathcore.layers.settings import MAXIMUM_NUMBER, Settings
from mathcore.layers.shapes import check_images, with_examples
from mathcore.random.layer_stream import layer_stream

PARAMS = ("out_shape", "scale", "random_crop", "random_flip", "input_klass", "mean", "pad")
MOST_MEANS = 16


@register_layer("data_augmentation")
class DataAugmentation(Layer):
    """(x - mean) * scale of a crop of each image, perhaps mirrored: (H, W, C) to (h, w, C). No gradient leaves it.

    Params: ``out_shape`` [h, w] (default: that of the images); ``scale`` (0 or left out: 1); ``mean`` of each channel,
    or one for all (default 0); ``pad``, rows and columns put around the image (default 0), of the mean's value, so 0 in
    the result; ``random_crop``, ``random_flip`` (default false); ``input_klass`` "single" or "uint8", what the images
    are made of: here both may come, whatever it says.

    Crops and mirror images are drawn for each example as ``mathcore/random/layer_stream.py`` says. In phase "test",
    without key, and where ``random_crop`` is false, the crop is the middle of the image.
    """

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        settings = Settings(str(self), params, known=PARAMS)
        self.size = settings.pair("out_shape", minimum=1, maximum=2**15) if "out_shape" in params else None
        self.scale = settings.number("scale", minimum=-MAXIMUM_NUMBER, maximum=MAXIMUM_NUMBER, default=1) or 1.0
        self.mean = settings.numbers("mean", longest=MOST_MEANS)
        self.pad = settings.pair("pad", minimum=0, maximum=4096, default=0)
        self.crop = "random" if settings.flag("random_crop", default=False) else "centre"
        self.flip = "random" if settings.flag("random_flip", default=False) else "none"
        settings.choice("input_klass", ("single", "uint8"), default="single")
        self.stream = layer_stream(name)

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        (x,) = inputs
        check_images(self, x)
        self.size = self.size or (x[0], x[1])
        if any(self.size[axis] > x[axis] + 2 * self.pad[axis] for axis in range(2)):
            raise ShapeError(
                f"{self}: expected x of at least {self.size[0]} x {self.size[1]} with pad {list(self.pad)}, "
                f"got {with_examples(x)}; use a smaller out_shape or more pad"
            )
        if len(self.mean) not in (0, 1, x[2]):
            raise ShapeError(
                f"{self}: expected x of {len(self.mean)} channels as mean has, got {with_examples(x)}; "
                "give one mean a channel"
            )
        return ((*self.size, x[2]),)

    def forward(
        self, parameters: Mapping[str, NDArray], *inputs: NDArray, context: Context = TESTING
    ) -> tuple[Arrays, Backward]:
        """Return ``y`` (N, h, w, C) float32 of ``x`` (N, H, W, C) float32 or uint8; ``backward`` gives no gradient."""
        (x,) = inputs
        assert self.size is not None, "infer_shapes comes first"
        drawn = context.phase == "train" and context.key is not None
        y = x.backend.augment_images(
            x,
            context.key if drawn else None,
            size=self.size,
            pad=self.pad,
            crop=self.crop if drawn else "centre",
            flip=self.flip if drawn else "none",
            mean=self.mean,
            scale=self.scale,
            stream=self.stream,
        )
        return (y,), _no_gradient


def _no_gradient(output_gradients: Arrays, gradients: Mapping[str, NDArray]) -> tuple[NDArray | None, ...]:
    return (None,)
