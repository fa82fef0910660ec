"""The Python examples of the guides run, one after the other, on each backend."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
GUIDES = [
    "arrays.md",
    "memory.md",
    "own-kernels.md",
    "files.md",
    "matlab.md",
    "codecs.md",
    "networks.md",
    "optimizers.md",
    "custom-layers.md",
]


def blocks(guide: str) -> str:
    text = (ROOT / "docs" / guide).read_text(encoding="utf-8")
    return "\n".join(re.findall(r"^```python\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("backend", ["numpy", "opencl"])
@pytest.mark.parametrize("guide", GUIDES)
def test_the_examples_of_a_guide_run(guide: str, backend: str, tmp_path: Path) -> None:
    program = blocks(guide)
    assert program
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=tmp_path,
        env={**os.environ, "GRID_BACKEND": backend, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
