"""The cases whose numbers are recorded from PyTorch: layers with small arrays of odd shapes, and what is fed to them.

``record.py`` computes them, ``numbers.npz`` holds them, ``tests/mathcore/layers/test_recorded_numbers.py`` compares. No
import of mathcore here: the script runs where PyTorch is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Case:
    """One layer and its arrays.

    Attributes:
        name: its own, and the first part of the names of its arrays.
        type: the layer type.
        params: its JSON params.
        x: the shape of the first input, float32 images (N, H, W, C) or rows.
        parameters: shapes of learned arrays and running statistics by name; those called "variance" are positive.
        labels: of the second input, int32; None: there is none, unless ``target``.
        target: whether the second input is float32 of the shape of ``x``.
        phase: "train" or "test".
    """

    name: str
    type: str
    params: Mapping[str, Any]
    x: Shape
    parameters: Mapping[str, Shape] = field(default_factory=dict)
    labels: tuple[int, ...] | None = None
    target: bool = False
    phase: str = "test"


def _convolutions() -> Iterator[Case]:
    for name, x, w, params in (
        ("plain", (2, 7, 6, 3), (3, 3, 3, 5), {"ksize": 3}),
        ("stride_and_pad", (2, 9, 8, 3), (3, 2, 3, 4), {"ksize": [3, 2], "stride": [2, 1], "pad": [1, 0]}),
        ("dilation", (1, 9, 10, 2), (3, 3, 2, 3), {"ksize": 3, "dilation": [2, 3], "pad": 2}),
        ("groups", (2, 6, 5, 4), (3, 3, 2, 6), {"ksize": 3, "pad": 1, "group": 2}),
        ("depthwise", (2, 6, 7, 3), (3, 3, 1, 6), {"ksize": 3, "stride": 2, "pad": 1, "group": 3}),
        ("pointwise", (2, 4, 5, 9), (1, 1, 9, 7), {"ksize": 1}),
    ):
        given = {"out_size": w[3], **params}
        yield Case(f"convolution_{name}", "convolution_2d", given, x, {"w": w, "b": (w[3],)})
    yield Case(
        "convolution_no_bias",
        "convolution_2d",
        {"out_size": 3, "ksize": 2, "bias": False},
        (1, 4, 4, 2),
        {"w": (2, 2, 2, 3)},
    )


def _poolings() -> Iterator[Case]:
    for name, x, params in (
        ("fit", (2, 6, 4, 3), {"ksize": 2, "stride": 2}),
        ("overlap", (2, 8, 7, 3), {"ksize": 3, "stride": 2}),
        ("pad", (1, 7, 8, 2), {"ksize": [3, 2], "stride": 2, "pad": [1, 0]}),
        ("wide", (1, 6, 6, 2), {"ksize": 5, "stride": 2, "pad": 2}),
    ):
        for rounding in ("ceil", "floor"):
            given = {**params, "rounding": rounding}
            yield Case(f"max_pooling_{name}_{rounding}", "pooling_2d", {**given, "type": "max"}, x)
            for include_pad in (True, False):
                average = {**given, "type": "average", "include_pad": include_pad}
                divisor = "padded" if include_pad else "image"
                yield Case(f"average_pooling_{name}_{rounding}_{divisor}", "pooling_2d", average, x)
    yield Case("pooling_global", "pooling_2d", {"global": True, "type": "average"}, (2, 5, 3, 4))
    yield Case("global_average_pooling", "global_average_pooling", {}, (2, 5, 3, 4))


def _normalizations() -> Iterator[Case]:
    arrays = ("gamma", "beta", "mean", "variance")
    for name, x in (("images", (3, 4, 5, 6)), ("rows", (7, 5))):
        for phase in ("train", "test"):
            yield Case(
                f"batch_normalization_{name}_{phase}", "batch_normalization", {"eps": 1e-3, "decay": 0.9}, x,
                dict.fromkeys(arrays, (x[-1],)), phase=phase,
            )  # fmt: skip
    yield Case("lrn_default", "lrn", {}, (2, 3, 2, 9))
    yield Case("lrn_strong", "lrn", {"size": 3, "alpha": 0.9, "beta": 0.6, "k": 2}, (2, 3, 2, 17))


def _elementwise() -> Iterator[Case]:
    for kind, params in (
        ("relu", {}),
        ("leaky_relu", {"slope": 0.2}),
        ("sigmoid", {}),
        ("tanh", {}),
        ("gelu", {}),
        ("gelu", {"approximate": "tanh"}),
        ("dropout", {"dropout_ratio": 0.3}),
        ("softmax", {}),
        ("maxout", {"group": 3}),
    ):
        yield Case("_".join((kind, *map(str, params.values()))), kind, params, (5, 12))
    yield Case("softmax_images", "softmax", {}, (2, 3, 2, 5))
    yield Case("linear", "linear", {"out_size": 7}, (5, 11), {"w": (11, 7), "b": (7,)})
    yield Case("linear_images", "linear", {"out_size": 3, "bias": False}, (2, 3, 2, 2), {"w": (12, 3)})


def _losses() -> Iterator[Case]:
    labels = (0, 4, 2, 2, 1, 3)
    for name, params in (
        ("plain", {}),
        ("ignore", {"ignore_label": 2}),
        ("smoothing", {"label_smoothing": 0.1}),
        ("ignore_and_smoothing", {"ignore_label": 2, "label_smoothing": 0.25}),
    ):
        yield Case(f"cross_entropy_{name}", "softmax_cross_entropy", params, (6, 5), labels=labels)
    for norm in ("L1", "L2"):
        yield Case(f"hinge_{norm}", "hinge_loss", {"norm": norm}, (6, 5), labels=labels)
    yield Case("squared_labels", "squared_loss", {}, (6, 5), labels=labels)
    yield Case("squared_values", "squared_loss", {}, (3, 2, 2, 3), target=True)


CASES = (*_convolutions(), *_poolings(), *_normalizations(), *_elementwise(), *_losses())
