"""The names and parameters of the array API standard, revision 2025.12, as array-api-strict has them."""

from __future__ import annotations

import inspect
import re
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import array_api_strict
import pytest

import mathcore
from mathcore.array import API_VERSION

PAGE = Path(__file__).resolve().parents[2] / "docs" / "array-api.md"
OF_STRICT_ALONE = {
    "ArrayAPIStrictFlags", "Device", "__version__", "__array_api_version__", "get_array_api_strict_flags",
    "reset_array_api_strict_flags", "set_array_api_strict_flags",
}  # fmt: skip
OF_ARRAYS = {
    "T", "mT", "device", "dtype", "ndim", "shape", "size", "to_device", "__array_namespace__", "__dlpack__",
    "__dlpack_device__", "__bool__", "__complex__", "__float__", "__index__", "__int__", "__getitem__", "__setitem__",
    "__iter__", "__abs__", "__invert__", "__neg__", "__pos__", "__eq__", "__ne__", "__lt__", "__le__", "__gt__",
    "__ge__",
}  # fmt: skip
BINARY = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor", "lshift", "rshift"]

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it warns that a revision may still change
    array_api_strict.set_array_api_strict_flags(api_version=API_VERSION)


def names_of(strict: ModuleType, names: list[str], prefix: str = "") -> list[str]:
    return [f"{prefix}{name}" for name in names if name not in OF_STRICT_ALONE and hasattr(strict, name)]


LINALG = [
    "cholesky", "cross", "det", "diagonal", "eig", "eigh", "eigvals", "eigvalsh", "inv", "matmul", "matrix_norm",
    "matrix_power", "matrix_rank", "matrix_transpose", "outer", "pinv", "qr", "slogdet", "solve", "svd", "svdvals",
    "tensordot", "trace", "vecdot", "vector_norm",
]  # fmt: skip
STANDARD = names_of(array_api_strict, sorted(array_api_strict.__all__)) + [f"linalg.{name}" for name in LINALG]


def omissions() -> dict[str, str]:
    """Return the documented names that are left out, with their reasons."""
    section = PAGE.read_text().partition("## Left out")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| `([\w.]+)` \| (.+) \|$", section, re.MULTILINE))


def resolve(root: Any, name: str) -> Any:
    for part in name.split("."):
        root = getattr(root, part)
    return root


def has(name: str) -> bool:
    try:
        resolve(mathcore, name)
    except AttributeError:
        return False
    return True


def parameters(function: Any) -> list[tuple[str, inspect._ParameterKind]]:
    return [(p.name, p.kind) for p in inspect.signature(function).parameters.values()]


def test_the_list_of_the_standard_is_complete() -> None:
    assert len(STANDARD) > 170
    assert {"add", "isin", "broadcast_shapes", "take_along_axis", "float32", "pi", "linalg.svd"} <= set(STANDARD)


@pytest.mark.parametrize("name", STANDARD)
def test_a_name_of_the_standard_is_there_or_left_out_with_a_reason(name: str) -> None:
    if name in omissions():
        assert not has(name), f"{name} is there: take it off the list of docs/array-api.md"
    else:
        assert has(name), f"{name} is neither there nor left out in docs/array-api.md"


def test_only_names_of_the_standard_are_left_out_and_each_has_a_reason() -> None:
    assert set(omissions()) <= set(STANDARD)
    assert all(len(reason) > 10 for reason in omissions().values())


@pytest.mark.parametrize("name", [name for name in STANDARD if name not in omissions()])
def test_a_function_takes_the_parameters_of_the_standard(name: str) -> None:
    expected = resolve(array_api_strict, name)
    if not inspect.isfunction(expected):
        return
    # More parameters may follow, by keyword
    wanted = parameters(expected)
    got = parameters(resolve(mathcore, name))
    assert [p for p in got if p in wanted] == wanted
    assert all(kind is inspect.Parameter.KEYWORD_ONLY for _, kind in got[len(wanted) :])


@pytest.mark.parametrize("name", sorted(OF_ARRAYS))
def test_arrays_have_the_attributes_of_the_standard(name: str) -> None:
    assert hasattr(mathcore.NDArray, name)


@pytest.mark.parametrize("name", BINARY)
def test_operators_come_in_three_forms(name: str) -> None:
    assert all(hasattr(mathcore.NDArray, f"__{form}{name}__") for form in ("", "r", "i"))


def test_arrays_name_their_namespace() -> None:
    x = mathcore.asarray([1.0], device="numpy")
    assert x.__array_namespace__(api_version=API_VERSION) is mathcore
    with pytest.raises(ValueError, match="2025.12"):
        x.__array_namespace__(api_version="2031.12")


def test_the_namespace_exports_nothing_that_is_not_there() -> None:
    assert all(hasattr(mathcore, name) for name in mathcore.__all__)
