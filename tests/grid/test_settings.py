"""Settings from the environment."""

from pathlib import Path

import pytest

from grid.errors import SettingsError
from grid.settings import PACKAGE_ROOT, child_environment, load


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = load({"HOME": "/home/ada"})
    assert settings.broker_url is None
    assert settings.device_share is None
    assert settings.state_dir == Path("/home/ada/.local/state/nabe")


def test_values_are_read() -> None:
    settings = load({"GRID_BROKER_URL": "redis://h:1/0", "GRID_DEVICE_SHARE": "1/4", "GRID_BACKEND": "numpy"})
    assert settings.broker_url == "redis://h:1/0"
    assert settings.device_share == (1, 4)
    assert settings.backend == "numpy"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GRID_BROKER_URL", "http://:secret@host"),
        ("GRID_BLOB_URL", "host:6379"),
        ("GRID_BACKEND", "cuda"),
        ("GRID_DEVICE_SHARE", "2/2"),
        ("GRID_DEVICE_SHARE", "half"),
        ("GRID_PLUGINS", "my_layers,../other"),
    ],
)
def test_a_wrong_value_names_the_variable_and_hides_the_password(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load({name: value})
    assert str(caught.value).startswith(f"{name}: expected")
    assert "secret" not in str(caught.value)


def test_plugins_are_a_list_of_modules() -> None:
    assert load({"GRID_PLUGINS": "my_layers, lab.optimizers,"}).plugins == ("my_layers", "lab.optimizers")


def test_a_child_finds_the_packages_and_gets_the_overrides() -> None:
    environment = child_environment({"GRID_BACKEND": "numpy", "PATH": None})
    assert environment["PYTHONPATH"].startswith(str(PACKAGE_ROOT))
    assert environment["GRID_BACKEND"] == "numpy"
    assert "PATH" not in environment
