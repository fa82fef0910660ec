"""Reading params: every wrong type and range is one short line that names the layer."""

import pytest

from mathcore import NetworkError
from mathcore.layers.settings import Settings, shown, suggestion

NAMES = ("ksize", "out_size", "stride")


def settings(**params: object) -> Settings:
    return Settings('convolution_2d "conv1"', params, known=NAMES)


def test_an_unknown_param_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(NetworkError) as error:
        settings(kszie=5)
    assert str(error.value) == (
        'convolution_2d "conv1": unknown param \'kszie\'; did you mean "ksize"? params: ksize, out_size, stride'
    )


def test_a_param_like_none_of_them_gets_no_suggestion() -> None:
    with pytest.raises(NetworkError, match="unknown param 'dropout'; params: ksize, out_size, stride"):
        settings(dropout=5)


def test_a_layer_without_params_says_so() -> None:
    with pytest.raises(NetworkError, match="unknown param 'x'; params: none"):
        Settings('relu "r"', {"x": 1}, known=())


def test_a_missing_param_is_named_with_what_it_should_be() -> None:
    with pytest.raises(NetworkError) as error:
        settings().integer("out_size", minimum=1, maximum=9)
    assert str(error.value) == (
        'convolution_2d "conv1": expected param out_size (a whole number of 1 to 9), got none; add it to params'
    )


@pytest.mark.parametrize("value", [0, -1, 10, True, 5.0, "5", None, [5], {"a": 1}, float("nan"), float("inf"), 10**400])
def test_an_integer_out_of_range_or_of_another_type_is_refused(value: object) -> None:
    with pytest.raises(NetworkError, match="expected out_size to be a whole number of 1 to 9, got ") as error:
        settings(out_size=value).integer("out_size", minimum=1, maximum=9)
    assert len(str(error.value)) < 200


def test_a_pair_is_one_number_or_two() -> None:
    assert settings(ksize=3).pair("ksize", minimum=1, maximum=9) == (3, 3)
    assert settings(ksize=[3, 5]).pair("ksize", minimum=1, maximum=9) == (3, 5)
    assert settings().pair("stride", minimum=1, maximum=9, default=1) == (1, 1)


@pytest.mark.parametrize("value", [0, [1], [1, 2, 3], [1, 0], [1, True], "33", [1.0, 2.0], [[1], [2]], {}, None, False])
def test_a_wrong_pair_is_refused(value: object) -> None:
    with pytest.raises(NetworkError, match=r"expected ksize to be a whole number of 1 to 9 or \[height, width\], got "):
        settings(ksize=value).pair("ksize", minimum=1, maximum=9)


@pytest.mark.parametrize("value", [["max"], 3, None, {"max": 1}])
def test_a_choice_of_another_type_is_refused(value: object) -> None:
    with pytest.raises(NetworkError, match='expected ksize to be "max" or "average"'):
        settings(ksize=value).choice("ksize", ("max", "average"))


def test_values_are_shown_short_whatever_they_are() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    for value in ("x" * 10**6, list(range(10**6)), 10**10_000, deep, {"a": deep}, ["y" * 10**6] * 100, -(10**5000)):
        assert len(shown(value)) < 700
        assert "\n" not in shown(value)


def test_strings_with_line_breaks_stay_on_one_line() -> None:
    assert "\n" not in shown("a\nb")


def test_suggestions_come_only_for_near_names() -> None:
    assert suggestion("rleu", ["relu", "linear"]) == 'did you mean "relu"? '
    assert suggestion("zzz", ["relu", "linear"]) == ""
