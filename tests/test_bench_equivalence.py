"""The bench that compares hashes, in its smallest form: real servers and workers, every arrival."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.small_digits import write_digits

ROOT = Path(__file__).resolve().parent.parent


def measure(*options: str) -> tuple[int, dict[str, Any]]:
    """Run the bench and return its exit code and report."""
    command = [sys.executable, "bench/equivalence.py", "--backend", "numpy", "--json", "-", *options]
    found = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, timeout=120, check=False)
    return found.returncode, json.loads(found.stdout)


def test_one_hash_in_every_arrival_and_another_for_the_control(tmp_path: Path) -> None:
    write_digits(tmp_path)
    code, report = measure("--steps", "3", "--workers", "2", "--codecs", "dynamic8", "--data", str(tmp_path))
    assert (code, report["equivalent"], report["control_differs"]) == (0, True, True)
    assert len(report["hashes"]["dynamic8"]) == 1
    arrivals = ["in one process", "calm", "one slow worker", "shuffled"]
    assert [record["arrival"] for record in report["results"]] == arrivals
    assert [record["shards"] for record in report["control"]] == [2]
    assert report["control"][0]["sha256"] not in report["hashes"]["dynamic8"]
