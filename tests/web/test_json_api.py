"""The JSON API: what it answers, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from grid.store import Store


def test_runs_are_listed_the_newest_first(
    client: FlaskClient, new_run: Callable[..., str], take_step: Callable[..., None]
) -> None:
    older, newer = new_run(), new_run()
    take_step(older, 1, loss=2.25)
    runs = client.get("/api/runs").get_json()["runs"]
    assert [run["run"] for run in runs[:2]] == [newer, older]
    assert (runs[0]["loss"], runs[1]["loss"]) == (None, 2.25)
    assert (runs[1]["step"], runs[1]["steps"], runs[1]["state"]) == (1, 4, "running")
    assert runs[1]["classes"] == ["numpy/test"]


def test_one_run_has_its_job(client: FlaskClient, new_run: Callable[..., str]) -> None:
    run = new_run(seed=7)
    answer = client.get(f"/api/runs/{run}").get_json()
    assert (answer["run"], answer["job"]["seed"], answer["accuracy"]) == (run, 7, None)


def test_a_job_is_queued_and_found_where_the_answer_says(client: FlaskClient, store: Store) -> None:
    answer = client.post("/api/runs", json={"network": "lenet", "steps": 3, "seed": 5})
    assert answer.status_code == 201
    run = answer.get_json()["run"]
    store.cancel(run)
    assert answer.headers["Location"] == answer.get_json()["url"]
    assert client.get(answer.headers["Location"]).get_json()["job"]["seed"] == 5


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"steps": "ten", "codec": 8}, {"steps", "codec"}),
        ({"stepz": 3}, {"stepz"}),
        ({"codec": "zip"}, {"codec"}),
        ({"network": "lenet5"}, {"network"}),
        ({"network": "grid/networks/lenet.json"}, {"network"}),
        ({"network": [{"name": "a", "type": "relu"}]}, {"network"}),
        ({"network": 3}, {"network"}),
        ({"data": "nowhere"}, {"data"}),
        ({"data": "../.."}, {"data"}),
        ([], {"job"}),
        (None, {"job"}),
    ],
)
def test_a_wrong_job_is_refused_field_by_field(client: FlaskClient, body: object, fields: set[str]) -> None:
    answer = client.post("/api/runs", data=json.dumps(body), content_type="application/json")
    assert answer.status_code == 400
    errors = answer.get_json()["errors"]
    assert set(errors) == fields
    assert all(message and "\n" not in message for message in errors.values())


@pytest.mark.parametrize("body", ["", "{", '{"steps": NaN}', '{"learning_rate": 1e999}', "[" * 100_000, "\xff"])
def test_a_body_that_is_not_json_is_refused(client: FlaskClient, body: str) -> None:
    answer = client.post("/api/runs", data=body.encode("latin-1"), content_type="application/json")
    assert answer.status_code == 400
    assert "expected JSON" in answer.get_json()["errors"]["job"]


@pytest.mark.parametrize("path", ["/api/runs", "/api/runs/000000000000/cancel"])
@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_what_is_not_sent_as_json_is_refused(client: FlaskClient, path: str, content_type: str | None) -> None:
    answer = client.post(path, data=json.dumps({"steps": 1}), content_type=content_type)
    assert answer.status_code == 415
    assert "application/json" in answer.get_json()["error"]


@pytest.mark.parametrize("path", ["/api/runs", "/jobs"])
def test_a_body_that_is_too_large_is_refused(client: FlaskClient, form_token: str, path: str) -> None:
    body = f"form_token={form_token}&data=" + "x" * (4 * 1024 * 1024)
    kind = "application/json" if path == "/api/runs" else "application/x-www-form-urlencoded"
    assert client.post(path, data=body, content_type=kind).status_code == 413


def test_the_history_is_read_on_from_where_the_last_answer_ended(
    client: FlaskClient, new_run: Callable[..., str], take_step: Callable[..., None], conclude: Callable[..., None]
) -> None:
    run = new_run()
    take_step(run, 1, loss=2.25, evaluate=True)
    conclude(run, 1, accuracy=0.5)
    first = client.get(f"/api/runs/{run}/history").get_json()
    assert [record["kind"] for record in first["records"]] == ["step", "evaluation"]
    take_step(run, 2, loss=1.5)
    second = client.get(f"/api/runs/{run}/history?start={first['next']}").get_json()
    assert [record["step"] for record in second["records"]] == [2]
    assert (second["start"], second["next"]) == (2, 3)


@pytest.mark.parametrize("start", ["-1", "one", "1" * 30, "²"])
def test_a_wrong_start_is_refused(client: FlaskClient, new_run: Callable[..., str], start: str) -> None:
    answer = client.get(f"/api/runs/{new_run()}/history", query_string={"start": start})
    assert answer.status_code == 400
    assert answer.get_json()["error"].startswith("start: expected")


def test_a_run_is_cancelled_once(client: FlaskClient, new_run: Callable[..., str]) -> None:
    run = new_run()
    answers = [client.post(f"/api/runs/{run}/cancel", json={}).get_json() for _ in range(2)]
    assert answers == [{"run": run, "cancelled": True}, {"run": run, "cancelled": False}]


def test_a_run_is_paused_once_and_resumed_once(client: FlaskClient, new_run: Callable[..., str]) -> None:
    run = new_run()
    for move, word, state in (("pause", "paused", "paused"), ("resume", "resumed", "running")):
        answers = [client.post(f"/api/runs/{run}/{move}", json={}).get_json() for _ in range(2)]
        assert answers == [{"run": run, word: True}, {"run": run, word: False}]
        assert client.get(f"/api/runs/{run}").get_json()["state"] == state
    client.post(f"/api/runs/{run}/cancel", json={})


def test_workers_are_listed(client: FlaskClient, store: Store) -> None:
    store.heartbeat("kitchen:18", {"worker": "kitchen:18", "device": "Radeon Test", "examples_per_second": 10.5})
    workers = {worker["worker"]: worker for worker in client.get("/api/workers").get_json()["workers"]}
    store.forget_worker("kitchen:18")
    assert workers["kitchen:18"]["device"] == "Radeon Test"
    assert workers["kitchen:18"]["run"] is None


@pytest.mark.parametrize("path", ["", "/history", "/cancel"])
def test_an_unknown_run_is_a_404_in_json(client: FlaskClient, path: str) -> None:
    method = client.post if path == "/cancel" else client.get
    answer = method(f"/api/runs/000000000000{path}", content_type="application/json")
    assert answer.status_code == 404
    assert "not found" in answer.get_json()["error"]


def test_an_unknown_address_is_a_404_in_json(client: FlaskClient) -> None:
    answer = client.get("/api/nothing")
    assert (answer.status_code, answer.mimetype) == (404, "application/json")


def test_an_unreachable_broker_is_a_503_in_json(unreachable: FlaskClient) -> None:
    answer = unreachable.get("/api/workers")
    assert answer.status_code == 503
    assert "127.0.0.1:1" in answer.get_json()["error"]
    assert "secret" not in answer.text
