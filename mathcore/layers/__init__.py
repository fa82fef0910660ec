"""The layer types; importing this package registers them."""

from mathcore.layers.accuracy import Accuracy
from mathcore.layers.batch_normalization import BatchNormalization
from mathcore.layers.blob_data import BlobData
from mathcore.layers.branch import Branch
from mathcore.layers.concat import Concat
from mathcore.layers.convolution_2d import Convolution2D
from mathcore.layers.data_augmentation import DataAugmentation
from mathcore.layers.dropout import Dropout
from mathcore.layers.flatten import Flatten
from mathcore.layers.global_average_pooling import GlobalAveragePooling
from mathcore.layers.layer import Context, Filler, Layer, ParameterSpec, training_key
from mathcore.layers.linear import Linear
from mathcore.layers.plus import Plus
from mathcore.layers.pooling_2d import Pooling2D
from mathcore.layers.registry import create_layer, layer_types, register_layer
from mathcore.layers.relu import ReLU
from mathcore.layers.scale import Scale
from mathcore.layers.softmax_cross_entropy import SoftmaxCrossEntropy

__all__ = [
    "Accuracy",
    "BatchNormalization",
    "BlobData",
    "Branch",
    "Concat",
    "Context",
    "Convolution2D",
    "DataAugmentation",
    "Dropout",
    "Filler",
    "Flatten",
    "GlobalAveragePooling",
    "Layer",
    "Linear",
    "ParameterSpec",
    "Plus",
    "Pooling2D",
    "ReLU",
    "Scale",
    "SoftmaxCrossEntropy",
    "create_layer",
    "layer_types",
    "register_layer",
    "training_key",
]
