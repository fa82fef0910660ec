"""The folder of drivers that the OpenCL loader is shown, and that nothing of it stays behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mathcore.backends.opencl import vendors

IMPORT_MATHCORE = "import sys, mathcore, mathcore.backends.opencl.devices; print('pyopencl' in sys.modules)"
LIST_PLATFORMS = """
import json, os, tempfile
from mathcore.backends.opencl.vendors import load_pyopencl
before = dict(os.environ), sorted(os.listdir(tempfile.gettempdir()))
names = [platform.name for platform in load_pyopencl().get_platforms()]
after = dict(os.environ), sorted(os.listdir(tempfile.gettempdir()))
print(json.dumps({"names": names, "unchanged": before == after}))
"""


def run_python(code: str, **environment: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    return result.stdout.strip()


def test_importing_mathcore_does_not_import_pyopencl() -> None:
    assert run_python(IMPORT_MATHCORE) == "False"


def test_query_leaves_environment_and_temporary_folder_as_they_were(tmp_path: Path) -> None:
    report = json.loads(run_python(LIST_PLATFORMS, TMPDIR=str(tmp_path)))
    assert report["unchanged"]
    assert report["names"]


def test_drivers_of_a_folder_named_by_the_user_stay_visible(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named, shown = tmp_path / "named", tmp_path / "shown"
    named.mkdir()
    shown.mkdir()
    (named / "mine.icd").write_text("/opt/mine/libmine.so\n")
    monkeypatch.setenv("OCL_ICD_VENDORS", str(named))
    vendors.write_vendors(shown)
    assert (shown / "000-mine.icd").read_text() == "/opt/mine/libmine.so\n"


def test_a_single_file_named_by_the_user_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, shown = tmp_path / "mine.icd", tmp_path / "shown"
    file.write_text("libmine.so\n")
    shown.mkdir()
    monkeypatch.setenv("OCL_ICD_VENDORS", str(file))
    vendors.write_vendors(shown)
    assert (shown / "000-mine.icd").read_text() == "libmine.so\n"


def test_the_wheels_driver_is_named_by_its_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = tmp_path / vendors.DRIVER_LIBRARY
    driver.touch()
    monkeypatch.setattr(vendors, "find_driver", lambda: driver)
    monkeypatch.setenv("OCL_ICD_VENDORS", str(tmp_path / "nothing"))
    vendors.write_vendors(tmp_path)
    assert (tmp_path / "wheel.icd").read_text() == f"{driver}\n"


def test_a_driver_that_the_system_already_names_is_not_shown_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named, shown = tmp_path / "named", tmp_path / "shown"
    named.mkdir()
    shown.mkdir()
    (named / "intel.icd").write_text(f"/opt/intel/{vendors.DRIVER_LIBRARY}\n")
    monkeypatch.setenv("OCL_ICD_VENDORS", str(named))
    vendors.write_vendors(shown)
    assert [path.name for path in shown.iterdir()] == ["000-intel.icd"]
