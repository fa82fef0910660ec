"""bench/codecs.py runs and reports all that it promises; how fast it was is not checked here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mathcore import codecs

ROOT = Path(__file__).resolve().parent.parent
TIMES = tuple(f"{work}_{kind}" for work in ("encode", "decode") for kind in ("ns", "least_ns", "thread_ns"))
TIMEOUT_SECONDS = 120


def test_the_report_has_times_bytes_and_errors_of_every_codec(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "bench" / "codecs.py"), "--size", "20000", "--repeats", "1", "--json", "-"],
        cwd=tmp_path, env=dict(os.environ), capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert tuple(report["codecs"]) == codecs.names()
    for name, row in report["codecs"].items():
        assert row["identical"] is True
        assert row["bytes_per_element"] == codecs.create(name).payload_size(20000) / 20000
        assert all(row[side][time] > 0 for side in ("numpy", "opencl") for time in TIMES)
    normal = {name: row["errors"]["normal"]["mean_relative_percent"] for name, row in report["codecs"].items()}
    assert normal["float32"] == 0
    assert normal["dynamic8"] == pytest.approx(1.324, abs=0.01)
    assert all(report[name] for name in ("machine", "cores", "device", "size", "repeats"))
