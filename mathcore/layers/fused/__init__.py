"""Layers that do the work of several in one go. No definition names them: ``network/fusion.py`` puts them in place."""

from mathcore.layers.fused.convolution_max_pooling import ConvolutionMaxPooling
from mathcore.layers.fused.convolution_relu import ConvolutionReLU
from mathcore.layers.fused.fused_layer import FusedLayer
from mathcore.layers.fused.normalization_relu import NormalizationReLU
from mathcore.layers.fused.normalized_convolution import NormalizedConvolution
from mathcore.layers.fused.plus_relu import PlusReLU

__all__ = [
    "ConvolutionMaxPooling",
    "ConvolutionReLU",
    "FusedLayer",
    "NormalizationReLU",
    "NormalizedConvolution",
    "PlusReLU",
]
