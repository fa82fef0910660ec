"""``grid train`` as a process: in one process and over Celery, with the same result."""

from __future__ import annotations

import json

import pytest

from tests.grid.cli.shell import Shell

JOB = ("train", "lenet", "--data", "mnist", "--steps", "4", "--batch-size", "32", "--shards", "2", "--seed", "1")
KEYS = {
    "run", "steps", "examples", "seconds", "examples_per_second", "final_loss", "test_accuracy", "parameters_sha256",
    "bytes_up", "bytes_down", "workers", "shards", "codec", "backend", "device", "classes",
}


@pytest.mark.parametrize("mode", [("--local",), ("--workers", "1")], ids=["local", "grid"])
def test_json_to_stdout_is_all_that_stdout_gets(shell: Shell, mode: tuple[str, ...]) -> None:
    done = shell.run(*JOB, *mode, "--json", "-")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record.keys() >= KEYS
    assert (record["steps"], record["examples"], record["backend"]) == (4, 128, "numpy")
    assert "step 4/4" in done.stderr
    assert "Traceback" not in done.stderr


def test_one_process_and_workers_come_to_the_same_parameters(shell: Shell) -> None:
    digests = set()
    for mode in (("--local",), ("--workers", "2")):
        path = shell.folder / "record.json"
        assert shell.run(*JOB, *mode, "--json", str(path)).returncode == 0
        digests.add(json.loads(path.read_text())["parameters_sha256"])
    assert len(digests) == 1


def test_ctrl_c_cancels_the_run_and_leaves_nothing_running(shell: Shell) -> None:
    # Given a training that takes long
    process = shell.start("train", "lenet", "--steps", "100000", "--workers", "1")
    assert process.stderr is not None
    while not process.stderr.readline().startswith("running: step"):
        assert process.poll() is None
    # When the user presses Ctrl-C
    errors = shell.press_ctrl_c(process)
    # Then it ends with the code for that, without a traceback; the fixture looks for what is left
    assert process.returncode == 130
    assert errors.endswith("interrupted\n")
    assert "Traceback" not in errors
