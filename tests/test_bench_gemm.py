"""bench/gemm.py runs and reports what it promises; how fast is for a quiet machine to say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_a_quick_run_reports_every_field() -> None:
    command = [sys.executable, str(ROOT / "bench" / "gemm.py"), "--quick", "--json", "-"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=True)
    report = json.loads(done.stdout)
    assert set(report["versions"]) == {"mathcore", "numpy", "numpy best"}
    assert report["machine"]
    assert min(report["geomean_ratio"], report["geomean_ratio_best"], report["least_ratio"]) > 0
    assert [row["shape"] for row in report["shapes"]["lenet"]] == [[64, 500, 10], [64, 800, 500]]
    for row in (*report["shapes"]["squares"], *report["small"]):
        assert set(row["gflops"]) == set(row["microseconds"]) == set(report["versions"])
        assert row["ratio_best"] <= row["ratio"]
