"""bench/matrix.py runs and reports all that it promises; how fast it was is not checked here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TASKS = ("add 1000x1000", "log 1000x1000", "product 1000x100 100x10", "product 1000x1000 1000x1000")
FIGURES = (
    "milliseconds",
    "milliseconds_with_transfers",
    "numpy_milliseconds",
    "numpy_best_milliseconds",
    "ratio_without_transfers",
    "ratio_with_transfers",
    "ratio_to_best",
)
TIMEOUT_SECONDS = 200


def test_the_report_has_every_figure_of_the_table(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "bench" / "matrix.py"), "--quick", "--json", "-"],
        cwd=tmp_path, env=dict(os.environ), capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert tuple(report["tasks"]) == TASKS
    for row in report["tasks"].values():
        assert all(row[figure] > 0 for figure in FIGURES)
        assert row["numpy_best_milliseconds"] <= row["numpy_milliseconds"]
    assert set(report["call_overhead_us"]) == {"python", "enqueue", "wait", "total"}
    assert set(report["versions"]) == {"mathcore", "numpy", "numpy best"}
    assert all(report[name] for name in ("machine", "cores", "device", "turns"))
