"""bench/chaos.py, bench/straggler.py and bench/speedup.py: short forms of them, on real workers and servers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.faults.nemesis import Fault
from bench.faults.recoveries import rate_between_faults, recoveries
from bench.faults.timeline import Sample

ROOT = Path(__file__).resolve().parent.parent


def report(program: str, *options: str) -> dict[str, Any]:
    """Run a benchmark and return its report; it ends with code 1 if hashes differ."""
    command = [sys.executable, str(ROOT / "bench" / program), *options, "--json", "-"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_a_recovery_ends_with_the_last_standstill_that_began_soon_after_the_fault() -> None:
    # Given steps 0.1 s apart, but for standstills of 1 s from 0.2 on and of 2 s from 8.0 on
    moments = [0.0, 0.1, 0.2, 1.2, 1.3, *(1.4 + 0.1 * index for index in range(67)), 10.0, 10.1]
    samples = [Sample(seconds, step) for step, seconds in enumerate(moments)]
    faults = [Fault("kill", seconds, "") for seconds in (0.05, 0.5, 3.01, 6.5, 11.0)]
    faults.append(Fault("kill", 1.0, "no worker to kill"))
    # When the first is followed by a step at once, then the standstill counts, which began after that
    # And a fault far from both ends with the next step; one without a step after it, or without effect, has no end
    found = recoveries(faults, samples, usual_gap=0.1)
    seconds = [round(recovery.seconds, 2) for recovery in found]
    assert [recovery.fault for recovery in found] == faults[:4]
    assert seconds == [1.05, 0.6, 0.0, 3.4]


def test_a_run_is_calm_from_ten_seconds_after_a_fault_until_the_next() -> None:
    # Given 2 steps a second for 100 s, but 1 a second for 10 s from a fault on, and another fault at 90 s
    slow = [Sample(20.0 + index, 40 + index) for index in range(10)]
    samples = [Sample(index / 2, index) for index in range(40)] + slow
    samples += [Sample(30.0 + index / 2, 50 + index) for index in range(140)]
    # Then the calm stretches are those of 2 steps a second; with a fault every 12 s too little is left to tell
    assert rate_between_faults([Fault("kill", 20.2, ""), Fault("stall", 90.1, "")], samples) == 2.0
    assert rate_between_faults([Fault("kill", 12.0 * index, "") for index in range(9)], samples) is None


def test_faults_of_all_kinds_do_not_change_the_result() -> None:
    # Given a seed with 4 stalls, 4 kills, 2 duplicates in the first 5 s of 9, and a server killed every 2.5 s
    result = report(
        "chaos.py", "--mtbf", "0.5", "--minutes", "0.15", "--calm-seconds", "1", "--workers", "3",
        "--redis-every", "2.5", "--batch-size", "16", "--backend", "numpy", "--seed", "937",
    )  # fmt: skip
    # Then none of them changes the result
    assert result["equal"]
    assert {"kill", "stall", "duplicate", "control server", "blob server"} <= set(result["faults"])
    assert result["worker_starts"] >= result["faults"]["kill"]
    assert result["goodput"] > 0


def test_a_training_killed_with_all_its_processes_and_resumed_comes_to_the_same_parameters() -> None:
    result = report(
        "chaos.py", "--kill-driver", "1", "--steps", "60", "--checkpoint-every", "10", "--workers", "1",
        "--batch-size", "8", "--shards", "2", "--backend", "numpy", "--seed", "3",
    )  # fmt: skip
    assert result["equal"]
    (kill,) = result["kills"]
    assert kill["equal"]
    assert kill["processes"] == 6, "the command, what forks workers, a worker, the keeper and two servers"
    assert kill["went_on_from"] <= kill["step"] < 60
    assert kill["went_on_from"] % 10 == 0, "all that is left are checkpoints"


def test_a_slow_worker_does_not_change_the_result() -> None:
    options = ("--workers", "3", "--shards", "8", "--steps", "8", "--turns", "1", "--device-milliseconds", "20")
    result = report("straggler.py", *options)
    assert result["equal"]
    assert len(result["slow_step_seconds"]) == 1


def test_two_workers_are_faster_than_one_and_come_to_the_same_parameters() -> None:
    # Given shards that take a device 60 ms each, on the backend that every machine has
    options = ("--workers", "1", "2", "--codecs", "dynamic8", "--steps", "8", "--turns", "1", "--backend", "numpy")
    found = report("speedup.py", *options, "--device-milliseconds", "60")
    # Then two workers share them
    one, two = found["results"][0]["rows"]
    assert found["equal"]
    assert (one["workers"], two["workers"]) == (1, 2)
    assert two["speedup"] > 1.2
    assert one["hashes"] == two["hashes"] == [found["results"][0]["hash"]]
