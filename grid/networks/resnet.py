"""The ResNet families: of ImageNet, and the small ones of CIFAR.

A block whose shortcut changes shape projects it by a convolution of 1 x 1. In a bottleneck the stride is in the
convolution of 3 x 3 ("version 1.5", as torchvision has it), not in the first of 1 x 1 as in the paper: 24.3 instead of
22.9 GFLOP a training step of ResNet50, for better accuracy.

Source:
    He, Zhang, Ren, Sun, Deep Residual Learning for Image Recognition (2015), table 1 and section 4.2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from grid.networks.layer_list import MSRA, Definition, LayerList

BLOCKS = {18: (2, 2, 2, 2), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
"""How many blocks each stage has, by the network's depth; 18 has basic blocks, the others bottlenecks."""

WIDTHS = (64, 128, 256, 512)
SMALL_WIDTHS = (16, 32, 64)
EXPANSION = 4

Block = Callable[..., str]


def resnet(depth: int, *, data_shape: Sequence[int] = (224, 224, 3), classes: int = 1000) -> Definition:
    """Return ResNet of ``depth`` layers with parameters (shortcuts not counted): 18, 50, 101 or 152.

    Parameters on ImageNet: 11,689,512, 25,557,032, 44,549,160 and 60,192,808.
    """
    net = LayerList()
    x = net.add_data(data_shape=data_shape, files="imagenet", data_klass="uint8")
    x = _convolution(net, "conv1", x, out_size=64, ksize=7, stride=2)
    x = net.add("relu", "relu1", x)
    x = net.add("pooling_2d", "pool1", x, type="max", ksize=3, stride=2)
    block = _basic if depth == 18 else _bottleneck
    for stage, (count, width) in enumerate(zip(BLOCKS[depth], WIDTHS, strict=True), start=2):
        x = _stage(net, f"res{stage}", x, block=block, count=count, width=width, stride=1 if stage == 2 else 2,
                   project=stage > 2 or block is _bottleneck)  # fmt: skip
    return _head(net, x, classes=classes)


def small_resnet(
    depth: int, *, data_shape: Sequence[int] = (28, 28, 1), classes: int = 10, widths: Sequence[int] = SMALL_WIDTHS
) -> Definition:
    """Return the ResNet for small images of ``depth`` 6 n + 2: three stages of n basic blocks.

    Source:
        He et al. (2015), section 4.2, with projections where the width changes.
    """
    net = LayerList()
    x = net.add_data(data_shape=data_shape, files="mnist" if tuple(data_shape) == (28, 28, 1) else "cifar",
                     data_klass="single")  # fmt: skip
    x = _convolution(net, "conv1", x, out_size=widths[0], ksize=3)
    x = net.add("relu", "relu1", x)
    for stage, width in enumerate(widths, start=2):
        x = _stage(net, f"res{stage}", x, block=_basic, count=(depth - 2) // 6, width=width,
                   stride=1 if stage == 2 else 2, project=stage > 2)  # fmt: skip
    return _head(net, x, classes=classes)


def _stage(
    net: LayerList, name: str, x: str, *, block: Block, count: int, width: int, stride: int, project: bool
) -> str:
    """Append ``count`` blocks; the first has the stride, and the projection where the shape changes."""
    x = block(net, f"{name}_1", x, width=width, stride=stride, project=project)
    for index in range(2, count + 1):
        x = block(net, f"{name}_{index}", x, width=width, stride=1, project=False)
    return x


def _basic(net: LayerList, name: str, x: str, *, width: int, stride: int, project: bool) -> str:
    """Two convolutions of 3 x 3."""
    y = _convolution(net, f"{name}_conv1", x, out_size=width, ksize=3, stride=stride)
    y = net.add("relu", f"{name}_relu1", y)
    y = _convolution(net, f"{name}_conv2", y, out_size=width, ksize=3)
    return _join(net, name, x, y, out_size=width, stride=stride, project=project)


def _bottleneck(net: LayerList, name: str, x: str, *, width: int, stride: int, project: bool) -> str:
    """Convolutions of 1 x 1, 3 x 3 and 1 x 1, the last four times as wide."""
    y = _convolution(net, f"{name}_conv1", x, out_size=width, ksize=1)
    y = net.add("relu", f"{name}_relu1", y)
    y = _convolution(net, f"{name}_conv2", y, out_size=width, ksize=3, stride=stride)
    y = net.add("relu", f"{name}_relu2", y)
    y = _convolution(net, f"{name}_conv3", y, out_size=EXPANSION * width, ksize=1)
    return _join(net, name, x, y, out_size=EXPANSION * width, stride=stride, project=project)


def _join(net: LayerList, name: str, x: str, y: str, *, out_size: int, stride: int, project: bool) -> str:
    """Add the shortcut from ``x``, projected where the shape has changed."""
    shortcut = _convolution(net, f"{name}_shortcut", x, out_size=out_size, ksize=1, stride=stride) if project else x
    total = net.add("plus", f"{name}_plus", (shortcut, y))
    return net.add("relu", f"{name}_relu", total)


def _convolution(net: LayerList, name: str, x: str, *, out_size: int, ksize: int, stride: int = 1) -> str:
    """Append a convolution without bias, padded to keep the size at stride 1, and its batch normalization."""
    y = net.add(
        "convolution_2d", name, x, out_size=out_size, ksize=ksize, stride=stride, pad=ksize // 2, bias=False,
        weight_filler=MSRA,
    )  # fmt: skip
    return net.add("batch_normalization", f"{name}_bn", y)


def _head(net: LayerList, x: str, *, classes: int) -> Definition:
    x = net.add("global_average_pooling", "pool", x)
    return net.add_classifier(net.add("linear", "fc", x, output="pred", out_size=classes))
