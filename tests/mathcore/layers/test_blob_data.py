"""The data layer."""

import pytest

from mathcore import NetworkError
from mathcore.layers import BlobData


def test_it_names_the_data_and_their_shape() -> None:
    layer = BlobData("d", {"data_shape": [28, 28, 1], "file_prefix": "mnist_train", "data_klass": "uint8"})
    assert (layer.data_shape, layer.file_prefix, layer.data_klass) == ((28, 28, 1), "mnist_train", "uint8")
    assert layer.infer_shapes([()]) == ((28, 28, 1), ())


def test_only_the_shape_must_be_given() -> None:
    layer = BlobData("d", {"data_shape": [784]})
    assert (layer.file_prefix, layer.data_klass) == ("", "single")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, 'blob_data "d": expected param data_shape (a list of'),
        ({"data_shape": []}, "expected data_shape to be a list of 1 to 8 positive whole numbers"),
        ({"data_shape": [0]}, "got [0]"),
        ({"data_shape": [1] * 9}, "got [1, 1, 1, 1, 1, 1, 1, 1, ...]"),
        ({"data_shape": [2**31, 2]}, "got [2147483648, 2]"),
        ({"data_shape": [28.0, 28]}, "got [28.0, 28]"),
        ({"data_shape": [True, 28]}, "got [True, 28]"),
        ({"data_shape": "28"}, "got '28'"),
        ({"data_shape": [[28]]}, "got list"),
        ({"data_shape": [1], "file_prefix": 7}, "expected file_prefix to be a string of up to 1024 characters, got 7"),
        ({"data_shape": [1], "file_prefix": "x" * 1025}, "expected file_prefix to be a string"),
        ({"data_shape": [1], "data_klass": "double"}, 'expected data_klass to be "single" or "uint8", got \'double\''),
    ],
)
def test_wrong_params_are_named(params: dict[str, object], message: str) -> None:
    with pytest.raises(NetworkError) as error:
        BlobData("d", params)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
