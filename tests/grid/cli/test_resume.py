"""``grid train --checkpoint`` and ``--resume`` as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grid.checkpoint import read_checkpoint
from tests.grid.cli.shell import Shell

JOB = ("train", "lenet", "--local", "--batch-size", "16", "--shards", "2", "--seed", "3")


def test_ctrl_c_saves_and_resume_comes_to_the_same_parameters(shell: Shell) -> None:
    # Given a training that would take long
    file = shell.folder / "lenet.safetensors"
    process = shell.start(*JOB, "--steps", "100000", "--checkpoint", str(file))
    assert process.stderr is not None
    while not process.stderr.readline().startswith("running: step"):
        assert process.poll() is None
    # When the user presses Ctrl-C after at least one step
    shell.press_ctrl_c(process)
    # Then it has been saved, and goes on to the parameters of a training in one go
    assert process.returncode == 130
    made = read_checkpoint(file).step
    assert made >= 1
    steps = str(made + 3)
    records = [
        shell.run(*arguments, "--steps", steps, "--json", "-")
        for arguments in (("train", "--local", "--resume", str(file)), JOB)
    ]
    resumed, whole = (json.loads(done.stdout) for done in records)
    assert resumed["steps"] == whole["steps"] == made + 3
    assert resumed["parameters_sha256"] == whole["parameters_sha256"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["train"], "expected NET, or --resume FILE"),
        (["train", "lenet", "--resume", "file"], "expected NET, or --resume FILE"),
        (["train", "lenet", "--init", "file", "--resume", "file"], "expected NET, or --resume FILE"),
        (["train", "--init", "file", "--resume", "file"], "expected --init FILE or --resume FILE"),
        (["train", "lenet", "--local", "--workers", "2"], "leave out --workers"),
        (["train", "lenet", "--local", "--checkpoint-every", "3"], "--checkpoint-every needs --checkpoint"),
        (["train", "--resume", "no-such-file"], "no-such-file"),
        (["train", "lenet", "--epochs", "1", "--steps", "3"], "expected --steps or --epochs"),
        (["train", "lenet", "--local", "--plugin", "no_such_module"], "plugin no_such_module"),
        (["train", "lenet", "--local", "--optimizer", "lion"], "optimizer: expected one of"),
        (["train", "lenet", "--local", "--optimizer-setting", "beta1=2"], "beta1"),
    ],
)
def test_what_does_not_go_together_is_told_in_one_line(shell: Shell, arguments: list[str], told: str) -> None:
    done = shell.run(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert told in done.stderr


def test_a_training_goes_on_from_one_process_on_the_grid_and_back(shell: Shell) -> None:
    # Given two steps in one process
    file = shell.folder / "lenet.safetensors"
    assert shell.run(*JOB, "--steps", "2", "--checkpoint", str(file)).returncode == 0
    # When two more are made by a worker, and one more here
    for options in (("--steps", "4", "--workers", "1"), ("--steps", "5", "--local")):
        done = shell.run("train", "--resume", str(file), *options, "--json", "-")
        assert done.returncode == 0, done.stderr
    # Then it is the training of five steps
    checkpoint = read_checkpoint(file)
    assert (checkpoint.step, [entry["kind"] for entry in checkpoint.history].count("step")) == (5, 5)
    whole = shell.run(*JOB, "--steps", "5", "--json", "-")
    assert json.loads(done.stdout)["parameters_sha256"] == json.loads(whole.stdout)["parameters_sha256"]


def test_a_policy_and_epochs_reach_the_job(shell: Shell) -> None:
    file = shell.folder / "lenet.safetensors"
    options = ("--optimizer", "adam", "--lr", "0.001", "--lr-policy", "step,gamma=0.5,step_size=2")
    job = ("--epochs", "0.0005", "--optimizer-setting", "beta1=0.8", "--checkpoint", str(file))
    done = shell.run(*JOB, *options, *job)
    assert done.returncode == 0, done.stderr
    checkpoint = read_checkpoint(Path(file))
    assert (checkpoint.step, checkpoint.job.optimizer) == (2, "adam")
    assert checkpoint.job.lr_policy == {"type": "step", "gamma": 0.5, "step_size": 2}
    assert checkpoint.job.optimizer_settings == {"beta1": 0.8}
