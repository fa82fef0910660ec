"""LeNet, as the paper and Caffe have it: rectified linear units only after the first linear layer.

Source:
    LeCun, Bottou, Bengio, Haffner, Gradient-Based Learning Applied to Document Recognition (1998).
"""

from __future__ import annotations

from collections.abc import Sequence

from grid.networks.layer_list import Definition, LayerList


def lenet(*, data_shape: Sequence[int] = (28, 28, 1), classes: int = 10) -> Definition:
    """Return LeNet: two convolutions of 5 x 5 with max pooling, two linear layers; 431,080 parameters on MNIST."""
    net = LayerList()
    x = net.add_data(data_shape=data_shape, files="mnist", data_klass="single")
    for index, width in enumerate((20, 50), start=1):
        x = net.add("convolution_2d", f"conv{index}", x, out_size=width, ksize=5)
        x = net.add("pooling_2d", f"pool{index}", x, type="max", ksize=2, stride=2)
    x = net.add("linear", "fc3", x, out_size=500)
    x = net.add("relu", "relu3", x)
    return net.add_classifier(net.add("linear", "fc4", x, output="pred", out_size=classes))
