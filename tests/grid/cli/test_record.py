"""The record of a finished run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest

from grid.cli.record import report, summary

RECORD: dict[str, Any] = {
    "run": "4f1c09a2b7de", "steps": 1000, "examples": 128000, "seconds": 24.04, "examples_per_second": 5321.4,
    "final_loss": 0.031234, "test_accuracy": 0.9891, "parameters_sha256": "ab" * 32, "bytes_up": 437760,
    "bytes_down": 0, "workers": 2, "shards": 4, "codec": "dynamic8", "backend": "opencl",
    "device": "a device", "classes": ["x"],
}


def test_the_summary_tells_what_came_out() -> None:
    text = summary(RECORD)
    for part in ("1,000 steps in 24.0 s", "98.91%", "0.03123", "5,321 images/s on a device", "ab" * 32):
        assert part in text


def test_a_run_of_no_steps_has_a_summary() -> None:
    text = summary({**RECORD, "steps": 0, "final_loss": None, "examples_per_second": None, "test_accuracy": None})
    assert text.startswith("run 4f1c09a2b7de finished: 0 steps")


def test_stdout_gets_the_json_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    report(RECORD, "-")
    captured = capsys.readouterr()
    assert json.loads(captured.out) == RECORD
    assert captured.err == ""


def test_a_file_gets_the_json_and_stdout_the_summary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report(RECORD, str(tmp_path / "record.json"))
    assert json.loads((tmp_path / "record.json").read_text()) == RECORD
    assert capsys.readouterr().out == summary(RECORD) + "\n"


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(click.FileError, match="Is a directory"):
        report(RECORD, str(tmp_path))
