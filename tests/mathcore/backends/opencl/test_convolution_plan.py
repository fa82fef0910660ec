"""Which kernels a convolution takes."""

from __future__ import annotations

import pytest

from mathcore.backends.geometry import Geometry
from mathcore.backends.opencl import convolution_depthwise, convolution_direct, convolution_gemm, convolution_general
from mathcore.backends.opencl.convolution_plan import choose


def of(channels: int, outputs: int, *, groups: int = 1, dilation: int = 1) -> Geometry:
    shape = ((8, 14, 14, channels), (3, 3, channels // groups, outputs))
    return Geometry(*shape, stride=(1, 1), pad=(1, 1), dilation=(dilation, dilation), groups=groups)


@pytest.mark.parametrize("operation", ["forward", "data_gradient", "weight_gradient"])
def test_the_shape_chooses_the_kernels_of_a_cpu(operation: str) -> None:
    assert choose("cpu", of(256, 128), operation) is convolution_gemm
    assert choose("cpu", of(3, 64), operation) is convolution_direct
    assert choose("cpu", of(20, 50), operation) is convolution_direct
    assert choose("cpu", of(64, 64, dilation=2), operation) is convolution_gemm
    assert choose("cpu", of(64, 64, groups=8), operation) is convolution_gemm
    assert choose("cpu", of(64, 64, groups=64), operation) is convolution_depthwise
    assert choose("cpu", of(64, 128, groups=64), operation) is convolution_general


def test_other_devices_take_the_kernels_that_fit_every_device() -> None:
    assert choose("gpu", of(256, 128), "forward") is convolution_direct
    assert choose("gpu", of(256, 128, groups=2), "forward") is convolution_general
    assert choose("gpu", of(256, 128, dilation=2), "data_gradient") is convolution_general
