"""One `celery -A grid worker` serves several devices, one process each."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from grid.connection import Connection
from grid.driver import train
from grid.job import Job
from grid.local import train_local
from grid.pool import served_devices
from grid.servers import Servers
from grid.settings import child_environment, load
from grid.store import Store
from tests.grid.processes import running, wait_until

# A machine with one device stands in for one with two by listing it twice; the rest is what the command line does.
TWO_DEVICES = """
import grid.celery, grid.worker
grid.celery.served_devices = grid.worker.served_devices = lambda settings: ["0", "0"]
grid.celery.app.worker_main(["worker", "--loglevel", "WARNING"])
"""
JOB = Job(steps=4, batch_size=32, shards=4, seed=1)


def test_every_device_gets_a_process_and_the_bits_are_those_of_one(servers: Servers, tmp_path: Path) -> None:
    connection = Connection(servers.control_url, servers.blob_url)
    store = Store(connection.control_url, connection.blob_url)
    settings = replace(load(), broker_url=connection.control_url, blob_url=connection.blob_url)
    environment = child_environment({
        "GRID_BROKER_URL": connection.control_url, "GRID_BLOB_URL": connection.blob_url, "GRID_BACKEND": None,
    })
    with running([sys.executable, "-c", TWO_DEVICES], tmp_path / "worker.log", env=environment) as parent:
        wait_until(lambda: len(store.workers()) == 2, parent)
        processes = {worker["pid"] for worker in store.workers()}
        assert len(processes - {parent.pid}) == 2, "both compute in children, never in the parent"
        record = train(JOB, settings=settings, on_progress=lambda _: None, workers=0)
    local = train_local(JOB, settings=settings, on_progress=lambda _: None)
    assert record["parameters_sha256"] == local["parameters_sha256"]


def test_a_device_that_the_settings_name_is_the_only_one_served() -> None:
    assert served_devices(load({"GRID_DEVICE": "1"})) == ["1"]
    assert served_devices(load({"GRID_BACKEND": "numpy"})) == [None]


def test_the_devices_of_this_machine_are_listed_by_another_process() -> None:
    # The CPU driver that comes along makes at least one device; of several that show the same CPU one is served.
    assert served_devices(load({}))[0] == "0"
