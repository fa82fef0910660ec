"""What a user gets for a mistake: one line, exit code 2, no traceback, nothing left running."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grid.networks import load_network
from tests.grid.cli.shell import Shell

Definition = list[dict[str, Any]]


def network_file(folder: Path, change: Callable[[Definition], object]) -> str:
    """Write LeNet with one change and return the path."""
    definition = json.loads(json.dumps(load_network("lenet")))
    change(definition)
    path = folder / "network.json"
    path.write_text(json.dumps(definition))
    return str(path)


def layer(definition: Definition, kind: str) -> dict[str, Any]:
    return next(entry for entry in definition if entry["type"] == kind)


CHANGES: dict[str, tuple[Callable[[Definition], object], str]] = {
    "wrong layer type": (lambda net: layer(net, "convolution_2d").update(type="convolution_2"), "convolution_2d"),
    "shape that does not fit": (
        lambda net: layer(net, "linear")["params"].update(in_shape=[3, 3, 3]),
        "set in_shape to [4, 4, 50]",
    ),
    "kernel larger than the image": (lambda net: layer(net, "convolution_2d")["params"].update(ksize=29), "29"),
}


@pytest.mark.parametrize("mode", [["--local"], ["--workers", "1"]], ids=["local", "grid"])
@pytest.mark.parametrize("name", CHANGES)
def test_a_network_with_a_mistake_is_refused(shell: Shell, mode: list[str], name: str) -> None:
    change, told = CHANGES[name]
    expect_one_line(shell, ["train", network_file(shell.folder, change), "--steps", "2", *mode], told)


def test_a_misspelt_blob_is_told_with_the_one_that_was_meant(shell: Shell) -> None:
    meant = layer(load_network("lenet"), "relu")["inputs"][0]

    def misspell(definition: Definition) -> None:
        layer(definition, "relu")["inputs"] = [meant + "x"]

    line = expect_one_line(shell, ["train", network_file(shell.folder, misspell), "--local"], meant + "x")
    assert meant in line.replace(meant + "x", "")


@pytest.mark.parametrize(
    ("text", "told"), [("{}", "list of layers"), ("[1]", "list of layers"), ("[", "JSON"), ("", "JSON")]
)
def test_a_network_file_that_is_none_is_refused(shell: Shell, text: str, told: str) -> None:
    path = shell.folder / "network.json"
    path.write_text(text)
    expect_one_line(shell, ["train", str(path), "--local"], told)


def test_a_missing_data_set_is_told_before_anything_starts(shell: Shell) -> None:
    expect_one_line(shell, ["train", "lenet", "--data", "no/such/folder", "--workers", "1"], "no/such/folder")


def test_an_unreachable_broker_is_told_without_its_password(shell: Shell) -> None:
    url = "redis://:secret@127.0.0.1:1/0"
    for command in (["submit", "lenet"], ["runs"], ["train", "lenet", "--workers", "1"]):
        line = expect_one_line(shell, [*command, "--broker", url], "127.0.0.1:1")
        assert "secret" not in line


def test_without_any_grid_submit_says_how_to_start_one(shell: Shell) -> None:
    expect_one_line(shell, ["submit", "lenet"], "celery -A grid worker")


def test_an_unknown_device_is_told(shell: Shell) -> None:
    shell.environment.update(GRID_BACKEND="opencl", GRID_DEVICE="no such device")
    expect_one_line(shell, ["train", "lenet", "--steps", "1", "--local"], "no such device")


def test_a_setting_of_the_wrong_form_is_told_by_name(shell: Shell) -> None:
    shell.environment["GRID_DEVICE_SHARE"] = "half"
    expect_one_line(shell, ["train", "lenet", "--steps", "1", "--local"], "GRID_DEVICE_SHARE")


def expect_one_line(shell: Shell, arguments: list[str], told: str) -> str:
    """Run a command that must fail as all errors do, and return its line."""
    done = shell.run(*arguments)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert told in done.stderr
    return done.stderr
