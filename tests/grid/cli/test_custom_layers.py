"""The layer and the optimizer of ``docs/custom-layers.md`` train in one process and through real workers."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.grid.cli.shell import Shell
from tests.observing_layers import network

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "custom-layers.md"
MOST_LINES = 30


def modules() -> dict[str, str]:
    """Return the modules of the document: the blocks that a file name announces."""
    text = DOCUMENT.read_text(encoding="utf-8")
    found = re.findall(r"^`(\w+\.py)`.*?^```python\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    return dict(found)


@pytest.mark.parametrize("name", ["my_layers.py", "my_optimizers.py"])
def test_a_module_of_the_document_is_short(name: str) -> None:
    lines = modules()[name].strip().splitlines()
    assert len([line for line in lines if line.strip()]) < MOST_LINES


def test_the_document_trains_the_same_bits_in_one_process_and_through_workers(shell: Shell) -> None:
    # Given the two modules in the working directory, and a network with the layer
    for name, text in modules().items():
        (shell.folder / name).write_text(text)
    (shell.folder / "network.json").write_text(json.dumps(network("swish")))
    job = ("train", "network.json", "--optimizer", "lion", "--lr", "0.03", "--steps", "60", "--batch-size", "64")
    plugins = ("--plugin", "my_layers", "--plugin", "my_optimizers")
    # When it is trained in one process, and by two workers over Celery and Redis
    records = []
    for mode in (("--local",), ("--workers", "2")):
        done = shell.run(*job, *plugins, *mode, "--json", "-")
        assert done.returncode == 0, done.stderr
        records.append(json.loads(done.stdout))
    # Then it learns, and both come to the same parameters
    local, grid = records
    assert local["test_loss"] < 1.4, "ten classes unlearned: 2.3"
    assert grid["parameters_sha256"] == local["parameters_sha256"]
    assert grid["final_loss"] == local["final_loss"]


def test_a_worker_without_the_module_fails_the_run_with_one_line(shell: Shell) -> None:
    for name, text in modules().items():
        (shell.folder / name).write_text(text)
    (shell.folder / "network.json").write_text(json.dumps(network("swish")))
    done = shell.run("train", "network.json", "--workers", "1")
    assert done.returncode == 2
    assert done.stderr.startswith("error: network: layer \"middle0\": unknown type 'swish'")
    assert "GRID_PLUGINS" in done.stderr
