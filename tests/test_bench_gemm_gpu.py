"""bench/gemm_gpu.py runs, checks its products and reports them; how fast they were is not checked here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_SECONDS = 200


def test_the_report_has_every_shape_and_layout(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "bench" / "gemm_gpu.py"), "--sizes", "40", "--shapes", "5x7x3000"]
    done = subprocess.run(
        [*command, "--turns", "1", "--seconds", "0.001", "--json", "-"],
        cwd=tmp_path, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert list(report["shapes"]) == ["40x40x40", "5x7x3000"]
    for figures in report["shapes"].values():
        assert list(figures) == ["A B", "A B^T", "A^T B", "A^T B^T"]
        assert all(figure["error"] <= 1e-5 and figure["tile"] for figure in figures.values())
    assert report["shapes"]["5x7x3000"]["A B"]["chunks"] > 1
