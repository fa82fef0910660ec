"""compose.yaml: valid by the schema of the Compose Specification, and safe by default."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = json.loads((ROOT / "tests" / "data" / "compose-spec" / "compose-spec.json").read_text(encoding="utf-8"))
TEXT = (ROOT / "compose.yaml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def test_compose_file_is_valid_by_the_compose_schema() -> None:
    jsonschema.Draft201909Validator(SCHEMA).validate(COMPOSE)


def test_the_schema_would_refuse_a_misspelt_key() -> None:
    wrong = {**COMPOSE, "services": {"web": {**SERVICES["web"], "comand": "x"}}}
    with pytest.raises(jsonschema.ValidationError, match="comand"):
        jsonschema.Draft201909Validator(SCHEMA).validate(wrong)


def test_the_password_has_no_default_and_nothing_starts_without_it() -> None:
    uses = re.findall(r"\$\{NABE_PASSWORD([^}]*)\}", TEXT)
    assert uses
    assert all(use.startswith(":?") for use in uses)


def test_both_redis_servers_ask_for_the_password_and_never_evict() -> None:
    for name in ("control", "blobs"):
        command = SERVICES[name]["command"][-1]
        assert "requirepass $$REDISCLI_AUTH" in command
        assert "--maxmemory-policy noeviction" in command


def test_only_the_control_server_writes_to_disk() -> None:
    assert "--appendonly yes" in SERVICES["control"]["command"][-1]
    assert SERVICES["control"]["volumes"] == ["control:/data"]
    assert '--save "" --appendonly no' in SERVICES["blobs"]["command"][-1]
    assert "volumes" not in SERVICES["blobs"]


def test_no_port_is_open_to_other_hosts_by_default() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(ports) == 3
    assert all(port.startswith(("127.0.0.1:", "${NABE_REDIS_ADDRESS:-127.0.0.1}:")) for port in ports)


def test_every_worker_and_the_pages_know_both_servers() -> None:
    for name in ("web", "worker", "worker-nvidia", "worker-dri"):
        environment = SERVICES[name]["environment"]
        assert environment["GRID_BROKER_URL"].endswith("@control:6379/0")
        assert environment["GRID_BLOB_URL"].endswith("@blobs:6379/0")


def test_the_gpu_workers_reach_their_devices() -> None:
    assert SERVICES["worker-dri"]["devices"] == ["/dev/dri:/dev/dri"]
    reserved = SERVICES["worker-nvidia"]["deploy"]["resources"]["reservations"]["devices"]
    assert reserved[0]["capabilities"] == ["gpu"]


def test_the_image_holds_every_package() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    for package in ("kernels", "mathcore", "grid", "tasks", "web"):
        assert f"COPY {package} {package}\n" in dockerfile
