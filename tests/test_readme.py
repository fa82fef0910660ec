"""What README.md says: its Python example runs, its commands, settings and folders are the real ones."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from grid import settings
from grid.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLE_TIMEOUT_SECONDS = 120


def python_blocks() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def test_the_python_example_trains_and_prints_what_came_out(tmp_path: Path) -> None:
    (example,) = python_blocks()
    # Without a broker of its own, so that the example starts its servers as it would for a reader
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GRID_")}
    environment.update(GRID_STATE_DIR=str(tmp_path / "state"), PYTHONPATH=str(ROOT))
    done = subprocess.run(
        [sys.executable, "-c", example],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=EXAMPLE_TIMEOUT_SECONDS, check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"test accuracy \d+\.\d%, parameters [0-9a-f]{12}\n", done.stdout)


def test_every_command_is_in_the_table_and_no_other() -> None:
    assert re.findall(r"^\| `grid (\w+)", README, flags=re.MULTILINE) == list(COMMANDS)


def test_every_setting_is_in_the_table_and_no_other() -> None:
    told = set(re.findall(r"^\| `(GRID_\w+)`", README, flags=re.MULTILINE))
    assert told == set(re.findall(r"^ {4}(GRID_\w+) ", settings.__doc__ or "", flags=re.MULTILINE))


def test_every_folder_of_the_map_is_there() -> None:
    block = README.split("## The folders")[1].split("Imports point")[0]
    folders = re.findall(r"(\w+)/", block)
    assert len(folders) >= 9
    assert [folder for folder in folders if not (ROOT / folder).is_dir()] == []


def test_every_file_that_is_named_is_there() -> None:
    named = re.findall(r"`([\w/.-]+\.(?:py|md|yaml|json))`", README)
    assert named
    assert [name for name in named if not (ROOT / name).is_file()] == []
