"""Settings as they are written on the command line."""

from __future__ import annotations

from typing import Any

import click
import pytest

from grid.cli.setting_values import policy, setting


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("beta1=0.95", ("beta1", 0.95)),
        ("steps=[10, 20]", ("steps", [10, 20])),
        ("amsgrad=true", ("amsgrad", True)),
        ("kind=fast", ("kind", "fast")),
        ("kind=", ("kind", "")),
        ("epsilon=NaN", ("epsilon", "NaN")),
    ],
)
def test_a_setting_is_a_name_and_a_value(text: str, expected: tuple[str, Any]) -> None:
    assert setting(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fixed", {"type": "fixed"}),
        ("step, gamma=0.1, step_size=1000", {"type": "step", "gamma": 0.1, "step_size": 1000}),
        ('{"type": "multistep", "steps": [1, 2]}', {"type": "multistep", "steps": [1, 2]}),
    ],
)
def test_a_policy_is_a_type_with_settings_or_json(text: str, expected: dict[str, Any]) -> None:
    assert policy(text) == expected


@pytest.mark.parametrize("text", ["gamma=0.1", "step,gamma", "{gamma"])
def test_what_cannot_be_read_says_what_was_expected(text: str) -> None:
    with pytest.raises(click.BadParameter, match="expected"):
        policy(text)
