"""The layer that feeds examples and labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mathcore.layers.layer import Layer, Shape
from mathcore.layers.registry import register_layer
from mathcore.layers.settings import Settings

PARAMS = ("data_shape", "file_prefix", "data_klass")


@register_layer("blob_data")
class BlobData(Layer):
    """Names a data set: ``<file_prefix>.bin`` holds raw records, ``<file_prefix>.json`` the labels.

    It computes nothing: whoever runs the network reads the files and hands over arrays. Its input is the blob "batch".
    Params: ``data_shape`` of one example; ``file_prefix`` (default empty: the data set is named elsewhere);
    ``data_klass``: "single" (float32, default) or "uint8", the type of the records.
    """

    role = "data"
    output_count = 2

    def __init__(self, name: str, params: Mapping[str, Any]) -> None:
        super().__init__(name, params)
        settings = Settings(str(self), params, known=PARAMS)
        self.data_shape = settings.shape("data_shape")
        self.file_prefix = settings.text("file_prefix", default="")
        self.data_klass = settings.choice("data_klass", ("single", "uint8"), default="single")

    def infer_shapes(self, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
        return self.data_shape, ()
