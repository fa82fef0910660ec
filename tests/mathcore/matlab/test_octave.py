"""What GNU Octave recorded, on both backends: indexing and functions; and the recording against an Octave at hand."""

from __future__ import annotations

from typing import Any

import pytest

import mathcore
from mathcore.backends.base import Backend
from tests.data.octave import octave, record
from tests.mathcore.matlab import octave_comparison as comparison

RECORDING = record.load()
NAMES = sorted({case["name"] for case in RECORDING["functions"]})
SAMPLE = 25


def differences(cases: list[dict[str, Any]], check: Any) -> list[str]:
    return [f"{case}: {found}" for case in cases if (found := check(case)) is not None]


def reading(case: dict[str, Any]) -> str | None:
    x, indices = comparison.matrix(case["x"]), tuple(comparison.index(one) for one in case["at"])
    if "error" in case:
        return refused(lambda: x[indices])
    return comparison.difference(case, x[indices], case["y"])


def writing(case: dict[str, Any]) -> str | None:
    x, indices = comparison.matrix(case["x"]), tuple(comparison.index(one) for one in case["at"])
    if "error" in case:
        return refused(lambda: x.set(*indices, 1))
    x[indices] = comparison.matrix(case["values"]) if case["number"] is None else case["number"]
    return comparison.difference(case, x, case["y"])


def refused(action: Any) -> str | None:
    try:
        action()
    except IndexError:
        return None
    return "expected an IndexError"


def test_the_recording_holds_as_many_cases_as_it_should() -> None:
    assert len(RECORDING["get"]) >= 400
    assert len(RECORDING["set"]) >= 300
    assert len(RECORDING["functions"]) >= 2000


def test_reading_by_indices_gives_what_octave_gives(backend: Backend) -> None:
    with mathcore.device(backend):
        assert differences(RECORDING["get"], reading) == []


def test_writing_by_indices_gives_what_octave_gives(backend: Backend) -> None:
    with mathcore.device(backend):
        assert differences(RECORDING["set"], writing) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_function_gives_what_octave_gives(backend: Backend, name: str) -> None:
    def check(case: dict[str, Any]) -> str | None:
        found = comparison.call(case)
        expected = [case[f"y{number + 1}"] for number in range(case["outputs"])]
        problems = (comparison.difference(case, *pair) for pair in zip(found, expected, strict=True))
        return next((problem for problem in problems if problem), None)

    with mathcore.device(backend):
        assert differences([case for case in RECORDING["functions"] if case["name"] == name], check) == []


@pytest.mark.skipif(not octave.installed(), reason="compares the recording with an Octave at hand")
@pytest.mark.parametrize(
    ("kind", "answer"),
    [("get", record.answer_gets), ("set", record.answer_sets), ("functions", record.answer_functions)],
)
def test_an_octave_at_hand_answers_as_recorded(kind: str, answer: Any) -> None:
    # Given
    every = max(1, len(RECORDING[kind]) // SAMPLE)
    recorded = [case for case in RECORDING[kind][::every] if "error" not in case]  # messages differ by version

    # When
    answered = answer([{key: case[key] for key in case if not key.startswith("y")} for case in recorded])

    # Then
    assert answered == recorded
