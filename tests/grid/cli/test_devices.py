"""``grid devices``."""

from __future__ import annotations

import json

from tests.grid.cli.shell import Shell


def test_the_default_device_is_one_of_the_list_and_has_a_reason(shell: Shell) -> None:
    shown = json.loads(shell.run("devices", "--json").stdout)
    assert shown["reason"]
    assert shown["default"] in {None, *(device["index"] for device in shown["devices"])}


def test_the_table_names_every_device_and_the_default(shell: Shell) -> None:
    devices = json.loads(shell.run("devices", "--json").stdout)["devices"]
    text = shell.run("devices").stdout
    assert "default: " in text
    assert all(device["name"].split()[0] in text for device in devices)


def test_a_machine_without_opencl_gets_numpy_and_the_reason(shell: Shell) -> None:
    # Given a machine whose folder of drivers is empty
    (shell.folder / "no-drivers").mkdir()
    shell.environment["OCL_ICD_VENDORS"] = str(shell.folder / "no-drivers")
    # When
    done = shell.run("devices")
    # Then either the driver that comes along is found, or NumPy is the default
    assert done.returncode == 0
    assert "default: " in done.stdout
