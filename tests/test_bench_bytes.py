"""bench/bytes.py: what a short run of LeNet moves through its servers, and the memory that it takes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from mathcore import codecs

ROOT = Path(__file__).resolve().parent.parent
STEPS, SHARDS, WORKERS = 20, 4, 2
CODEC = "ternary"
"""Where the payload is smallest, what is around it weighs most."""
LEAST, MOST = 0.999, 1.02
"""Less than the payloads cannot have moved."""


def test_a_run_moves_its_payloads_and_little_else_and_stays_within_its_memory() -> None:
    command = [
        sys.executable, str(ROOT / "bench" / "bytes.py"), "--codecs", CODEC, "--steps", str(STEPS),
        "--shards", str(SHARDS), "--workers", str(WORKERS), "--json", "-",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    [result] = json.loads(done.stdout)["results"]
    blobs, memory, parameters = result["blobs"], result["memory"], result["parameters"]
    payload, snapshot = codecs.create(CODEC).payload_size(parameters), 2 * 4 * parameters
    assert blobs["snapshots"] == 1
    payloads_in = STEPS * (SHARDS + 1) + result["duplicate_shards"]  # a busy machine has late shards
    assert LEAST < blobs["in_bytes"] / (payloads_in * payload + snapshot) <= MOST
    assert LEAST < blobs["out_bytes"] / (STEPS * (SHARDS + WORKERS - 1) * payload) <= MOST
    assert snapshot < memory["peak_bytes"] <= memory["bound_bytes"]
