"""``grid summary``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grid.cli.main import run
from grid.networks import generate


def test_a_shipped_network_is_shown_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["summary", "lenet", "--batch-size", "64"]) == 0
    assert "431,080" in capsys.readouterr().out


def test_a_file_is_summed_up_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.json"
    path.write_text(json.dumps(generate("lenet", classes=3)))
    assert run(["summary", str(path), "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["parameters"] == 431_080 - 7 * 501


def test_a_network_that_cannot_be_built_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.json"
    path.write_text(json.dumps(generate("lenet")[:3]))
    assert run(["summary", str(path)]) == 2
    assert capsys.readouterr().err.startswith("error: ")
