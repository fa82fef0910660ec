"""The guide: its names are the functions of this package and no others, its example runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from mathcore import matlab

ROOT = Path(__file__).parents[3]
GUIDE = ROOT / "docs" / "matlab.md"
BEYOND_SUSHI2 = {
    "abs", "all", "and_", "any", "cumsum", "find", "ind2sub", "not_", "or_", "rng", "round", "sort", "sqrt", "xor",
}  # fmt: skip


def documented() -> list[str]:
    """Return the first column of the guide's table of names."""
    table = GUIDE.read_text(encoding="utf-8").partition("## The names of Sushi2")[2]
    return re.findall(r"^\| `(\w+)`", table, re.MULTILINE)


def test_the_guide_has_the_78_names_of_sushi2() -> None:
    names = documented()
    assert len(names) == len(set(names)) == 78


def test_every_documented_name_is_there_and_nothing_else() -> None:
    assert set(matlab.__all__) == set(documented()) | BEYOND_SUSHI2
    assert all(hasattr(matlab, name) for name in matlab.__all__)


def test_the_example_runs() -> None:
    # Given
    (example,) = re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    environment = os.environ | {"GRID_BACKEND": "numpy", "PYTHONPATH": str(ROOT)}
    code = f"{example}\nprint(mat2jsa(x))"

    # When
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)

    # Then
    assert done.stdout.strip() == "[[1.0, 2.0, 3.0], [20.0, 0.0, 0.0], [4.0, 5.0, 6.0]]"
