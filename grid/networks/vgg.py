"""The VGG family: convolutions of 3 x 3 in five stages, then three linear layers.

Source:
    Simonyan, Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition (2014), table 1,
    columns A and D.
"""

from __future__ import annotations

from collections.abc import Sequence

from grid.networks.layer_list import MSRA, Definition, LayerList

CONVOLUTIONS = {11: (1, 1, 2, 2, 2), 16: (2, 2, 3, 3, 3)}
"""How many convolutions each stage has, by the network's depth."""

WIDTHS = (64, 128, 256, 512, 512)
DROPOUT = 0.5


def vgg(
    depth: int, *, data_shape: Sequence[int] = (224, 224, 3), classes: int = 1000,
    widths: Sequence[int] = WIDTHS, hidden: int = 4096,
) -> Definition:  # fmt: skip
    """Return VGG of ``depth`` layers with parameters: 132,863,336 of them for 11, 138,357,544 for 16, on ImageNet.

    Args:
        depth: 11 or 16.
        data_shape: (H, W, C) of an image.
        classes: how many scores it gives.
        widths: channels of each stage.
        hidden: width of the first two linear layers.
    """
    net = LayerList()
    x = net.add_data(data_shape=data_shape, files="imagenet", data_klass="uint8")
    for stage, (count, width) in enumerate(zip(CONVOLUTIONS[depth], widths, strict=True), start=1):
        for index in range(1, count + 1):
            x = net.add(
                "convolution_2d", f"conv{stage}_{index}", x, out_size=width, ksize=3, pad=1, weight_filler=MSRA
            )
            x = net.add("relu", f"relu{stage}_{index}", x)
        x = net.add("pooling_2d", f"pool{stage}", x, type="max", ksize=2, stride=2)
    for index in (6, 7):
        x = net.add("linear", f"fc{index}", x, out_size=hidden)
        x = net.add("relu", f"relu{index}", x)
        x = net.add("dropout", f"drop{index}", x, dropout_ratio=DROPOUT)
    return net.add_classifier(net.add("linear", "fc8", x, output="pred", out_size=classes))
