"""The job form: sent as it is, it trains; a wrong field keeps its text and has its error beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from grid.job import Job
from grid.store import Store
from web.job_form import first_values

LENET = Path(__file__).resolve().parents[2] / "grid" / "networks" / "lenet.json"


@pytest.fixture
def send(client: FlaskClient, form_token: str) -> Any:
    """Sends the first values of the form with some changes."""

    def post(**changes: str) -> Any:
        return client.post("/jobs", data={**first_values(), "form_token": form_token, **changes})

    return post


def field(page: str, name: str) -> str:
    """Return the part of the page that belongs to one field."""
    return page.split(f'<label for="{name}"')[1].split("<label")[0]


def test_the_form_as_it_is_starts_a_run_of_lenet_on_mnist(send: Any, store: Store) -> None:
    answer = send()
    assert answer.status_code == 303
    run = answer.headers["Location"].rpartition("/")[2]
    header = store.header(run)
    store.cancel(run)
    assert (header.job["network"], header.job["data"], header.steps) == ("lenet", "mnist", 1000)
    assert (header.job["learning_rate"], header.job["evaluate_every"]) == (Job().learning_rate, 100)


def test_a_pasted_definition_is_taken(send: Any, store: Store) -> None:
    answer = send(network="own", definition=LENET.read_text(encoding="utf-8"))
    assert answer.status_code == 303
    run = answer.headers["Location"].rpartition("/")[2]
    assert store.header(run).job["network"] == json.loads(LENET.read_text(encoding="utf-8"))
    store.cancel(run)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("steps", "many", "expected a whole number, got &#39;many&#39;"),
        ("steps", "-1", "greater than or equal to 0"),
        ("batch_size", "", "expected a whole number"),
        ("batch_size", "9" * 60, "expected a whole number"),
        ("shards", "129", "expected at most batch_size (128)"),
        ("learning_rate", "fast", "expected a number"),
        ("learning_rate", "nan", "got nan"),
        ("momentum", "1", "less than 1"),
        ("seed", "1.5", "expected a whole number"),
        ("evaluate_every", "-5", "greater than or equal to 0"),
        ("codec", "dynamic9", "expected one of"),
        ("data", "imagenet", "expected mnist or a folder"),
        ("data", "/etc", "inside of the data folder"),
        ("data", "../secrets", "inside of the data folder"),
        ("network", "/etc/passwd", "expected one of"),
    ],
)
def test_a_wrong_field_keeps_its_text_and_has_its_error_beside_it(
    send: Any, name: str, text: str, message: str
) -> None:
    answer = send(**{name: text, "weight_decay": "0.0625"})
    assert answer.status_code == 400
    part = field(answer.text, name)
    assert message in part
    assert text in part
    assert 'aria-invalid="true"' in part
    assert f"{name}-error" in part
    assert 'value="0.0625"' in field(answer.text, "weight_decay"), "the other texts are kept too"
    assert answer.text.count('aria-invalid="true"') == 1


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ("[{", "expected JSON, got a text that is not at line 1 column 3"),
        ('{"name": "a"}', "expected a list of layers, got dict"),
        ("[1e999]", "out of range"),
        ("[NaN]", "not a JSON number"),
        ("[" * 100_000, "more levels than can be read"),
        ('[{"name": "c", "type": "convolution_2dd", "inputs": ["data"], "outputs": ["c"]}]', ", convolution_2d, "),
    ],
)
def test_a_wrong_definition_has_its_error_beside_the_network(send: Any, definition: str, message: str) -> None:
    answer = send(network="own", definition=definition)
    assert answer.status_code == 400
    assert message in field(answer.text, "network")
    assert definition[:4].replace('"', "&#34;") in field(answer.text, "definition")


def test_a_definition_that_names_files_outside_of_the_data_folder_is_refused(send: Any) -> None:
    layers = json.loads(LENET.read_text(encoding="utf-8"))
    layers[0]["params"]["file_prefix"] = "/etc/shadow"
    answer = send(network="own", definition=json.dumps(layers), data="")
    assert answer.status_code == 400
    assert "inside of the data folder" in field(answer.text, "network")


def test_several_wrong_fields_are_told_at_once(send: Any) -> None:
    page = send(steps="many", momentum="2", learning_rate="0").text
    assert page.count('aria-invalid="true"') == 3
    assert "3 fields need another value" in page


def test_text_from_the_form_is_never_markup(send: Any) -> None:
    page = send(data='"><script>alert(1)</script>', network="own", definition="</textarea><script>").text
    assert "<script>" not in page


def test_the_form_tells_when_the_broker_is_away(unreachable: FlaskClient) -> None:
    unreachable.get("/jobs/new")
    cookie = unreachable.get_cookie("nabe_form")
    assert cookie is not None
    answer = unreachable.post("/jobs", data={**first_values(), "form_token": cookie.value})
    assert answer.status_code == 503
