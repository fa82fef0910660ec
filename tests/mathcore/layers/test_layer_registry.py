"""Layer types by name."""

import pytest

from mathcore import NetworkError
from mathcore.layers import Layer, ReLU, create_layer, layer_types, register_layer


def test_the_layers_of_the_paper_are_registered() -> None:
    assert set(layer_types()) >= {
        "accuracy",
        "blob_data",
        "convolution_2d",
        "linear",
        "pooling_2d",
        "relu",
        "softmax_cross_entropy",
    }


def test_a_layer_is_made_by_type_and_calls_itself_by_type_and_name() -> None:
    layer = create_layer("relu", "relu3", {})
    assert isinstance(layer, ReLU)
    assert str(layer) == 'relu "relu3"'


def test_an_unknown_type_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(NetworkError) as error:
        create_layer("convolution2d", "conv1", {})
    assert str(error.value).startswith(
        'layer "conv1": unknown type \'convolution2d\'; did you mean "convolution_2d"? types: accuracy, '
    )


def test_a_type_cannot_be_registered_twice() -> None:
    with pytest.raises(NetworkError, match='expected a new layer type, got "relu", which is ReLU'):

        @register_layer("relu")
        class Another(Layer):
            """Never registered."""
