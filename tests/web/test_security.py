"""Other sites in the same browser are kept out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from grid.store import Store
from web.job_form import first_values

EVIL = "http://evil.example"


@pytest.mark.parametrize("path", ["/jobs/new", "/api/nothing", "/static/site.css"])
def test_every_answer_has_the_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_a_form_without_its_token_is_refused(client: FlaskClient, form_token: str) -> None:
    assert client.post("/jobs", data=first_values()).status_code == 400
    assert client.post("/jobs", data={**first_values(), "form_token": form_token + "x"}).status_code == 400
    assert client.post("/jobs", data={**first_values(), "form_token": "ü"}).status_code == 400


def test_a_form_without_its_cookie_is_refused(client: FlaskClient, form_token: str) -> None:
    client.delete_cookie("nabe_form")
    assert client.post("/jobs", data={**first_values(), "form_token": form_token}).status_code == 400
    assert client.post("/jobs", data={**first_values(), "form_token": ""}).status_code == 400


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client: FlaskClient) -> None:
    cookie = client.get("/jobs/new").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


@pytest.mark.parametrize("headers", [{"Origin": EVIL}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_request_of_another_site_changes_nothing(
    client: FlaskClient, store: Store, new_run: Callable[..., str], form_token: str, headers: dict[str, str]
) -> None:
    run = new_run()
    form = client.post(f"/runs/{run}/cancel", data={"form_token": form_token}, headers=headers)
    api = client.post(f"/api/runs/{run}/cancel", json={}, headers=headers)
    assert (form.status_code, api.status_code) == (403, 403)
    assert store.header(run).state == "running"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://localhost"},
        {"Origin": "https://nabe.example", "Sec-Fetch-Site": "same-origin"},  # behind a proxy
        {},  # a program
    ],
)
def test_a_request_of_the_site_or_a_program_is_served(
    client: FlaskClient, new_run: Callable[..., str], headers: dict[str, str]
) -> None:
    assert client.post(f"/api/runs/{new_run()}/cancel", json={}, headers=headers).get_json()["cancelled"]


@pytest.mark.parametrize("host", ["localhost", "localhost:5000", "127.0.0.1:5000", "[::1]:5000"])
def test_a_server_of_this_machine_answers_to_its_names(client: FlaskClient, host: str) -> None:
    address = {"SERVER_NAME": "127.0.0.1"}
    assert client.get("/jobs/new", headers={"Host": host}, environ_overrides=address).status_code == 200


def test_a_server_of_this_machine_does_not_answer_to_the_name_of_another(client: FlaskClient) -> None:
    address = {"SERVER_NAME": "127.0.0.1"}
    answer = client.get("/jobs/new", headers={"Host": "evil.example:5000"}, environ_overrides=address)
    assert answer.status_code == 400


def test_a_server_of_a_network_answers_to_any_name(client: FlaskClient) -> None:
    address = {"SERVER_NAME": "0.0.0.0"}  # noqa: S104  # what the environment of such a server says
    answer = client.get("/jobs/new", headers={"Host": "kitchen.lan:5000"}, environ_overrides=address)
    assert answer.status_code == 200
