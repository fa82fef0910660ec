"""Modules of users: imported because the settings name them, and a line that helps where one is missing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from grid.errors import JobError, SettingsError
from grid.job import Job
from grid.plugins import load_plugins
from grid.session import Plan
from tests.observing_layers import network

MODULE = "plugin_of_a_test"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working directory, without which the module is not found."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    yield tmp_path
    sys.modules.pop(MODULE, None)


def test_a_module_of_the_working_directory_is_imported_once(folder: Path) -> None:
    (folder / f"{MODULE}.py").write_text("import pathlib\npathlib.Path('imported').open('a').write('x')\n")
    load_plugins([MODULE])
    load_plugins([MODULE, MODULE])
    assert (folder / "imported").read_text() == "x"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "ModuleNotFoundError: No module named"),
        ("import no_such_module_at_all", "ModuleNotFoundError"),
        ("1 / 0", "ZeroDivisionError"),
        ("def", "SyntaxError"),
    ],
)
def test_a_module_that_cannot_be_imported_is_named_with_the_reason(
    folder: Path, text: str | None, reason: str
) -> None:
    if text is not None:
        (folder / f"{MODULE}.py").write_text(text)
    with pytest.raises(SettingsError, match=f"plugin {MODULE}: expected a module .* got {reason}"):
        load_plugins([MODULE])


def test_an_unknown_layer_type_is_named_with_where_types_come_from() -> None:
    with pytest.raises(JobError, match=r'network: layer "middle0": unknown type \'mish\'; .* GRID_PLUGINS'):
        Plan(Job(network=network("mish")), Path())


def test_an_unknown_optimizer_is_named_with_where_optimizers_come_from() -> None:
    with pytest.raises(JobError, match=r"optimizer: expected one of .*momentum.*, got 'lion'; .* GRID_PLUGINS"):
        Plan(Job(optimizer="lion"), Path())
