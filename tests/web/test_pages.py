"""The pages as a browser without JavaScript gets them."""

from __future__ import annotations

import time
from collections.abc import Callable

from flask.testing import FlaskClient

from grid.store import Store
from tests.step_moves import commit, finished


def test_the_front_page_shows_a_run_with_its_numbers(
    client: FlaskClient, new_run: Callable[..., str], take_step: Callable[..., None]
) -> None:
    run = new_run()
    take_step(run, 1, loss=2.25)
    take_step(run, 2, loss=1.75)
    page = client.get("/").text
    assert run in page
    assert "Running" in page
    assert "2 of 4" in page
    assert "1.7500" in page


def test_a_second_look_shows_what_is_new(
    client: FlaskClient, new_run: Callable[..., str], take_step: Callable[..., None]
) -> None:
    run = new_run()
    take_step(run, 1, loss=2.25)
    assert "2.2500" in client.get(f"/runs/{run}").text
    take_step(run, 2, loss=1.75)
    page = client.get(f"/runs/{run}").text
    assert "1.7500" in page
    assert "2.2500" in page, "the table of the last steps keeps it"


def test_the_page_of_a_run_shows_job_classes_bytes_and_accuracy(
    client: FlaskClient,
    store: Store,
    new_run: Callable[..., str],
    take_step: Callable[..., None],
    conclude: Callable[..., None],
) -> None:
    run = new_run(steps=1, learning_rate=0.125)
    commit(store, run, 0, finished(store, run, 0, 0, bytes(1_500_000)), down=2_500)
    take_step(run, 1, loss=0.5, evaluate=True)
    conclude(run, 1, accuracy=0.975)
    page = client.get(f"/runs/{run}").text
    for text in ("Finished", "lenet", "mnist", "0.125", "dynamic8", "numpy/test", "1.5 MB", "2.5 kB", "97.50 %"):
        assert text in page, text


def test_a_failed_run_shows_its_error_and_no_cancel_button(
    client: FlaskClient, store: Store, new_run: Callable[..., str]
) -> None:
    run = new_run()
    store.fail(run, "step 0, gradient:0: <b>loss</b> is NaN")
    page = client.get(f"/runs/{run}").text
    assert "Failed" in page
    assert "&lt;b&gt;loss&lt;/b&gt; is NaN" in page
    assert 'id="cancel" hidden' in page


def test_the_cancel_button_cancels(
    client: FlaskClient, store: Store, new_run: Callable[..., str], form_token: str
) -> None:
    run = new_run()
    answer = client.post(f"/runs/{run}/cancel", data={"form_token": form_token})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/runs/{run}")
    assert store.header(run).state == "cancelled"


def test_the_buttons_pause_and_resume(
    client: FlaskClient, store: Store, new_run: Callable[..., str], form_token: str
) -> None:
    run = new_run()
    for move, state in (("pause", "paused"), ("resume", "running")):
        assert client.post(f"/runs/{run}/{move}", data={"form_token": ""}).status_code == 400
        answer = client.post(f"/runs/{run}/{move}", data={"form_token": form_token})
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/runs/{run}")
        assert store.header(run).state == state
        page = client.get(f"/runs/{run}").text
        assert state.capitalize() in page
        assert f'action="/runs/{run}/{move}" hidden>' in page
        assert 'id="cancel" hidden' not in page
    store.cancel(run)


def test_a_worker_is_listed_with_what_it_does(client: FlaskClient, store: Store, new_run: Callable[..., str]) -> None:
    run = new_run()
    store.heartbeat(
        "kitchen:17",
        {
            "worker": "kitchen:17",
            "host": "kitchen",
            "pid": 17,
            "backend": "opencl",
            "device": "Radeon Test",
            "class": "opencl/gpu",
            "run": run,
            "step": 12,
            "task": "gradient:3",
            "examples_per_second": 1234.5,
            "shards_done": 7,
            "since": time.time(),
            "seen": time.time(),
        },
    )
    for path in ("/", "/panels/workers", f"/runs/{run}"):
        page = client.get(path).text
        for text in ("Radeon Test", "opencl", "kitchen", "step 12, gradient\u00a03", "1\u00a0234", "just now"):
            assert text in page, (path, text)
    store.forget_worker("kitchen:17")


def test_a_worker_that_says_little_is_listed_too(client: FlaskClient, store: Store) -> None:
    store.heartbeat("silent:1", {"worker": "silent:1", "device": ["not", "a", "name"], "step": "ten"})
    assert "silent:1" in client.get("/panels/workers").text
    store.forget_worker("silent:1")


def test_runs_are_split_over_pages(client: FlaskClient, new_run: Callable[..., str]) -> None:
    runs = [new_run() for _ in range(26)]
    first, second = client.get("/").text, client.get("/?page=2").text
    assert runs[-1] in first
    assert runs[0] not in first
    assert runs[0] in second
    assert 'rel="next"' in first
    assert 'rel="prev"' in second


def test_a_page_number_that_is_none_is_refused(client: FlaskClient) -> None:
    answer = client.get("/?page=two")
    assert answer.status_code == 400
    assert "expected a whole number from 1" in answer.text


def test_a_definition_is_shown_as_text(client: FlaskClient, new_run: Callable[..., str]) -> None:
    run = new_run(network=[{"name": "<script>", "type": "relu"}])
    page = client.get(f"/runs/{run}").text
    assert "1 layer" in page
    assert "<script>" not in page


def test_an_unknown_run_is_a_404_page(client: FlaskClient) -> None:
    answer = client.get("/runs/000000000000")
    assert answer.status_code == 404
    assert "run 000000000000: not found" in answer.text
    assert answer.mimetype == "text/html"


def test_a_name_that_cannot_be_a_run_is_a_404_page(client: FlaskClient) -> None:
    assert client.get("/runs/..%2f..%2fetc").status_code == 404
    assert client.get("/runs/*").status_code == 404


def test_an_unreachable_broker_is_a_503_page_with_one_line_and_no_password(unreachable: FlaskClient) -> None:
    answer = unreachable.get("/")
    assert answer.status_code == 503
    assert answer.mimetype == "text/html"
    assert "127.0.0.1:1" in answer.text
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


def test_the_job_form_needs_no_broker(unreachable: FlaskClient) -> None:
    assert unreachable.get("/jobs/new").status_code == 200


def test_everything_that_a_page_asks_for_is_on_the_site(client: FlaskClient, new_run: Callable[..., str]) -> None:
    for path in ("/", "/jobs/new", f"/runs/{new_run()}"):
        page = client.get(path).text
        assert "<script>" not in page
        assert " style=" not in page
        for part in page.split('"'):
            assert not part.startswith(("http:", "https:", "//")), part
            if part.startswith("/static/"):
                assert client.get(part).status_code == 200, part
