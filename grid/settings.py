"""Settings from the environment; the one module of the runtime that reads it.

    GRID_BROKER_URL     Redis or Valkey server for the broker, results and run records (control server)
    GRID_BLOB_URL       server for parameters and gradients, or several, separated by commas, in the same order on
                        every machine; default: the control server
    GRID_SECRET         what workers seal their results with: 16 characters or more, the same on every machine
    GRID_SECRET_FILE    a file that holds it, in place of GRID_SECRET
    GRID_STATE_DIR      where the embedded servers keep their files; default ~/.local/state/nabe
    GRID_CACHE_DIR      where built kernels are kept; default ~/.cache/nabe
    GRID_DATA_DIR       where relative data set paths are looked up; default the working directory
    GRID_REDIS_SERVER   the server program of the embedded servers
    GRID_BACKEND        opencl or numpy; default: opencl where a device is found
    GRID_DEVICE         index or part of the name of the OpenCL device; default: the best of each machine
    GRID_DEVICE_SHARE   "0/2": the first of two equal parts of a CPU device
    GRID_PLUGINS        modules to import, such as my_layers,my_optimizers: they register layers and optimizers
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from grid.errors import SettingsError
from grid.store.url import split_urls

SECRET_LEAST_BYTES = 16
SECRET_LIMIT_BYTES = 4096
PACKAGE_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """All settings of one process; ``None`` means that the default rule decides."""

    broker_url: str | None
    blob_url: str | None
    state_dir: Path
    cache_dir: Path
    data_dir: Path
    redis_server: str | None
    backend: str | None
    device: str | None
    device_share: tuple[int, int] | None
    plugins: tuple[str, ...] = ()
    secret: bytes | None = field(default=None, repr=False)


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of this process.

    Raises:
        SettingsError: if a variable has a value that cannot be used; names it.
    """
    values = os.environ if environment is None else environment
    home = Path(values.get("HOME", "~")).expanduser()
    return Settings(
        broker_url=_url(values, "GRID_BROKER_URL"),
        blob_url=_urls(values, "GRID_BLOB_URL"),
        state_dir=Path(values.get("GRID_STATE_DIR") or home / ".local" / "state" / "nabe"),
        cache_dir=Path(values.get("GRID_CACHE_DIR") or home / ".cache" / "nabe"),
        data_dir=Path(values.get("GRID_DATA_DIR") or "."),
        redis_server=values.get("GRID_REDIS_SERVER") or None,
        backend=_backend(values),
        device=values.get("GRID_DEVICE") or None,
        device_share=_share(values),
        plugins=_plugins(values),
        secret=_secret(values),
    )


def child_environment(overrides: Mapping[str, str | None]) -> dict[str, str]:
    """Return the environment for a child process: this one's with ``overrides`` (``None`` removes).

    The folder that holds the packages comes first on the child's path, so that a child started from a clone that was
    never installed finds them too.
    """
    environment = dict(os.environ)
    inherited = environment.get("PYTHONPATH")
    environment["PYTHONPATH"] = os.pathsep.join([str(PACKAGE_ROOT), *([inherited] if inherited else [])])
    for name, value in overrides.items():
        if value is None:
            environment.pop(name, None)
        else:
            environment[name] = value
    return environment


def replace_environment(values: Mapping[str, str]) -> None:
    """Give this process another environment: that of a child that was not started but forked."""
    os.environ.clear()
    os.environ.update(values)


def _url(values: Mapping[str, str], name: str) -> str | None:
    url = values.get(name) or None
    if url is not None and not url.startswith(("redis://", "rediss://", "unix://")):
        raise SettingsError(f"{name}: expected redis://host:port/0 or rediss://..., got {url.split('@')[-1]!r}")
    return url


def _urls(values: Mapping[str, str], name: str) -> str | None:
    urls = split_urls(values.get(name, ""))
    return ",".join(filter(None, (_url({name: url}, name) for url in urls))) or None


def _backend(values: Mapping[str, str]) -> str | None:
    backend = values.get("GRID_BACKEND") or None
    if backend not in (None, "opencl", "numpy"):
        raise SettingsError(f"GRID_BACKEND: expected opencl or numpy, got {backend!r}")
    return backend


def _share(values: Mapping[str, str]) -> tuple[int, int] | None:
    text = values.get("GRID_DEVICE_SHARE")
    if not text:
        return None
    index, separator, count = text.partition("/")
    if not (separator and index.isdecimal() and count.isdecimal() and int(index) < int(count)):
        raise SettingsError(f"GRID_DEVICE_SHARE: expected part/parts such as 0/2, got {text!r}")
    return int(index), int(count)


def _secret(values: Mapping[str, str]) -> bytes | None:
    text, path = values.get("GRID_SECRET"), values.get("GRID_SECRET_FILE")
    if text and path:
        raise SettingsError("GRID_SECRET_FILE: expected it or GRID_SECRET, got both; unset one")
    name, secret = "GRID_SECRET", (text or "").encode()
    if path:
        name = "GRID_SECRET_FILE"
        try:
            with Path(path).open("rb") as file:
                secret = file.read(SECRET_LIMIT_BYTES + 1).strip()
        except OSError as error:
            raise SettingsError(f"{name}: expected a file that can be read, got {error.strerror}: {path}") from None
    elif not text:
        return None
    if not SECRET_LEAST_BYTES <= len(secret) <= SECRET_LIMIT_BYTES:
        raise SettingsError(
            f"{name}: expected {SECRET_LEAST_BYTES} to {SECRET_LIMIT_BYTES} bytes, got {len(secret)}; "
            "make one with `openssl rand -hex 32`"
        )
    return secret


def _plugins(values: Mapping[str, str]) -> tuple[str, ...]:
    names = tuple(name.strip() for name in values.get("GRID_PLUGINS", "").split(",") if name.strip())
    for name in names:
        if not all(part.isidentifier() for part in name.split(".")):
            raise SettingsError(f"GRID_PLUGINS: expected names of modules such as my_layers,lab.layers, got {name!r}")
    return names
