"""The border of the ``grid`` command: quick help, one line for an error, exit codes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from grid.cli.main import COMMANDS, grid, run

ROOT = Path(__file__).resolve().parents[3]
HEAVY = ("celery", "redis", "pyopencl", "pydantic", "rich", "flask")


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; from grid.cli.main import run; run(['--help']);"
        f"print('loaded:', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("loaded: []\n")


def test_help_lists_every_command() -> None:
    listed = CliRunner().invoke(grid, ["--help"]).output.partition("Commands:")[2]
    assert [line.split()[0] for line in listed.strip().splitlines()] == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_every_command_has_an_example(name: str) -> None:
    help_text = CliRunner().invoke(grid, [name, "--help"]).output
    assert "Example" in help_text
    assert f"grid {name}" in help_text.partition("Example")[2]


def test_train_has_the_documented_options() -> None:
    help_text = CliRunner().invoke(grid, ["train", "--help"]).output
    options = (
        "--data", "--steps", "--batch-size", "--shards", "--workers", "--codec", "--precision", "--seed", "--lr",
        "--broker", "--backend", "--local", "--json",
    )
    assert [option for option in options if f" {option} " not in help_text] == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["tarin"], "error: No such command 'tarin'"),
        (["train"], "error: expected NET, or --resume FILE"),
        (["train", "lenet", "--stpes", "3"], "error: No such option '--stpes'"),
        (["train", "lenet", "--steps", "many"], "error: Invalid value for '--steps'"),
        (["train", "lenet", "--backend", "cuda"], "error: Invalid value for '--backend'"),
        (["train", "lenet", "--local", "--workers", "2"], "error: --local trains in this process"),
        (["train", "lenet", "--json", "/nonexistent/record.json"], "error: Invalid value for '--json'"),
        (["train", "lenet", "--steps", "-1"], "error: steps: "),
        (["train", "lenet", "--shards", "9", "--batch-size", "8"], "error: shards: expected at most batch_size (8)"),
        (["train", "lenet", "--codec", "dynamic9"], "error: codec: expected one of "),
        (["train", "lnet"], "error: network lnet: expected one of lenet"),
        (["status", "4f1c09a2b7de", "--broker", "redis://:secret@127.0.0.1:1/0"], "error: "),
        (["runs", "--broker", "http://example.org"], "error: "),
    ],
)
def test_an_error_is_one_line_on_stderr_and_exit_code_2(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(told)
    assert captured.err.count("\n") == 1
    assert "secret" not in captured.err


def test_no_command_at_all_shows_the_help_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    assert "Commands:" in capsys.readouterr().err


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("nabe, version ")
