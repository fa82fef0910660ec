"""The site on real servers, and runs in states that a worker would take long to reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from grid.servers import Servers
from grid.settings import Settings, load
from grid.store import Store
from tests.step_moves import commit, finished, new_entry
from web import create_app

JOB: dict[str, Any] = {
    "network": "lenet",
    "data": "mnist",
    "steps": 4,
    "batch_size": 8,
    "shards": 1,
    "codec": "dynamic8",
    "optimizer": "momentum",
    "learning_rate": 0.05,
    "momentum": 0.9,
    "weight_decay": 0.0,
    "precision": "fp32",
    "seed": 1,
    "evaluate_every": 0,
}


@pytest.fixture
def settings(servers: Servers) -> Settings:
    return replace(load({}), broker_url=servers.control_url, blob_url=servers.blob_url)


@pytest.fixture
def app(settings: Settings) -> Flask:
    return create_app(settings)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def unreachable() -> FlaskClient:
    """The site of a grid whose broker is not there: nobody listens on port 1."""
    url = "redis://:secret@127.0.0.1:1/0"
    return create_app(replace(load({}), broker_url=url, blob_url=url)).test_client()


@pytest.fixture
def new_run(store: Store) -> Callable[..., str]:
    """Stores a run that has started; no task is sent, so no worker touches it."""

    def create(**changes: Any) -> str:
        job = {**JOB, **changes}
        arrays = {"parameters": np.zeros(256, np.float32)}
        run = store.create_run(job, steps=job["steps"], shards=1, evaluation_shards=1, arrays=arrays)
        assert store.start(run)
        return run

    return create


@pytest.fixture
def take_step(store: Store) -> Callable[..., None]:
    """Does what a worker and ``apply`` do for one step of a run of one shard."""

    def step(run: str, number: int, *, loss: float, evaluate: bool = False) -> None:
        shard = {"loss": loss, "examples": 8, "class": "numpy/test"}
        commit(store, run, number - 1, finished(store, run, number - 1, 0, b"gradient", shard))
        record = {
            "kind": "step",
            "step": number,
            "loss": loss,
            "examples": 8,
            "seconds": 0.5 * number,
            "classes": ["numpy/test"],
        }
        assert store.commit_step(run, new_entry(store, run, number - 1), record, evaluate=evaluate).accepted

    return step


@pytest.fixture
def conclude(store: Store) -> Callable[..., None]:
    """Does what the workers do for the evaluation after a step."""

    def evaluation(run: str, number: int, *, accuracy: float) -> None:
        store.commit_evaluation(run, number, 0, {"loss_sum": 1.0, "correct": 1, "examples": 10})
        record = {
            "kind": "evaluation",
            "step": number,
            "test_loss": 0.3,
            "test_accuracy": accuracy,
            "examples": 10,
            "seconds": 0.5 * number,
        }
        assert store.conclude_evaluation(run, number, record)

    return evaluation


@pytest.fixture
def form_token(client: FlaskClient) -> str:
    """The token that the job form carries; the client has its cookie from then on."""
    client.get("/jobs/new")
    cookie = client.get_cookie("nabe_form")
    assert cookie is not None
    return cookie.value
