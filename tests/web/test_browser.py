"""The pages in a real browser, on a real web server, with a real Celery worker."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from grid import api
from grid.servers import Servers, attach
from grid.settings import child_environment
from tests.grid.processes import free_port, running, wait_until

pytestmark = pytest.mark.browser

WAIT_SECONDS = 120
STEPS = 100
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--window-size=1200,1000",
)
PIXELS_DRAWN = """
    const canvas = document.querySelector("#curve canvas");
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    return pixels.filter((value, index) => index % 4 === 3 && value > 0).length;
"""
PICTURE = "return document.querySelector('#curve canvas').toDataURL()"


@pytest.fixture(scope="module")
def grid_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers of this file alone: the worker would take the runs of other tests."""
    started = attach(tmp_path_factory.mktemp("state"))
    yield started
    started.close()


@pytest.fixture(scope="module")
def environment(grid_servers: Servers) -> dict[str, str]:
    return child_environment(
        {
            "GRID_BROKER_URL": grid_servers.control_url,
            "GRID_BLOB_URL": grid_servers.blob_url,
            "GRID_BACKEND": "numpy",
        }
    )


class Site:
    """The web server in a process of its own, which can be stopped and started again on the same port."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment = environment
        self._port = free_port()
        self._stack = ExitStack()
        self.log = log
        self.url = f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "flask", "--app", "web", "run", "--port", str(self._port)]
        process = self._stack.enter_context(running(command, self.log, env=self._environment))
        wait_until(self._answers, process)

    def stop(self) -> None:
        self._stack.close()

    def _answers(self) -> bool:
        try:
            return bool(urllib.request.urlopen(f"{self.url}/jobs/new", timeout=5).status == 200)
        except OSError:
            return False


@pytest.fixture(scope="module")
def site(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    started = Site(environment, tmp_path_factory.mktemp("site") / "web.log")
    started.start()
    yield started
    started.stop()
    assert "Traceback" not in started.log.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def worker(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    command = [sys.executable, "-m", "celery", "-A", "grid", "worker", "--pool", "solo", "--concurrency", "1"]
    with running(command, tmp_path_factory.mktemp("worker") / "worker.log", env=environment) as process:
        broker = environment["GRID_BROKER_URL"]
        wait_until(lambda: bool(api.list_workers(broker=broker)), process)
        yield


class Browser:
    """A headless Chromium on the site."""

    def __init__(self, site: Site, user_data_dir: Path) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = str(shutil.which("chromium"))
        for flag in (*FLAGS, f"--user-data-dir={user_data_dir}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        self._site = site

    def open(self, path: str) -> None:
        self.driver.get(self._site.url + path)

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def run(self, script: str) -> Any:
        return self.driver.execute_script(script)

    def fill(self, **texts: str) -> None:
        for name, text in texts.items():
            field = self.find(f"#{name}")
            field.clear()
            field.send_keys(text)

    def send_form(self) -> None:
        """Send the form and wait until its page is gone: elements found sooner may still be those of the old one.

        A look at a page that is just going can fail with an error of the browser's own; the next look tells.
        """
        old = self.find("html")
        self.find(".job-form button[type=submit]").click()
        WebDriverWait(
            self.driver, WAIT_SECONDS, poll_frequency=0.1, ignored_exceptions=[WebDriverException]
        ).until(staleness_of(old))

    def wait(self, what: str, script: str) -> Any:
        """Wait until a script returns something true, and return it."""
        return WebDriverWait(self.driver, WAIT_SECONDS, poll_frequency=0.1).until(
            lambda _: self.run(f"return {script}"), what
        )

    def points(self) -> int:
        return int(self.find("#curve").get_dom_attribute("data-points") or 0)

    def console_errors(self) -> list[str]:
        log = self.driver.get_log("browser")  # type: ignore[no-untyped-call]  # selenium left this one out
        return [entry["message"] for entry in log if entry["level"] == "SEVERE"]


@pytest.fixture
def browser(site: Site, tmp_path: Path) -> Iterator[Browser]:
    opened = Browser(site, tmp_path / "profile")
    yield opened
    opened.driver.quit()


def submit(environment: dict[str, str], **fields: Any) -> str:
    job = {"batch_size": 8, "shards": 2, **fields}
    return api.submit(broker=environment["GRID_BROKER_URL"], blobs=environment["GRID_BLOB_URL"], **job).id


@pytest.mark.usefixtures("worker")
def test_a_job_sent_through_the_form_is_seen_training_to_its_end(browser: Browser) -> None:
    # Given the front page with its worker, and the form behind it
    browser.open("/")
    assert "NumPy" in browser.find(".workers").text
    browser.find(".heading .button").click()

    # When the form is sent with a shorter job
    browser.fill(steps=str(STEPS), batch_size="16", shards="2", evaluate_every="50")
    browser.send_form()

    # Then the curve of its run moves while it trains
    browser.wait("first points", "document.getElementById('curve')?.dataset.points > 0")
    early_points, early_picture = browser.points(), browser.run(PICTURE)
    assert early_points < STEPS
    assert browser.run(PIXELS_DRAWN) > 1000
    browser.wait("more points", f"document.getElementById('curve').dataset.points > {early_points}")
    assert browser.run(PICTURE) != early_picture

    # And the page sees it finish, with an accuracy on the curve, and without a word on the console
    browser.wait("the end", "document.getElementById('state').textContent === 'Finished'")
    browser.wait("all points", f"document.getElementById('curve').dataset.points === '{STEPS}'")
    assert browser.find("#curve").get_dom_attribute("data-evaluations") == "2"
    assert browser.find("[data-text=accuracy]").text.endswith(" %")
    assert browser.find("[data-text=step]").text == f"{STEPS} of {STEPS}"
    assert not browser.find("#cancel").is_displayed()
    assert browser.console_errors() == []


def test_a_wrong_field_shows_its_error_beside_the_field(browser: Browser) -> None:
    browser.open("/jobs/new")
    browser.fill(steps="many", seed="11")
    browser.send_form()
    field, error = browser.find("#steps"), browser.find("#steps-error")
    assert error.is_displayed()
    assert "expected a whole number, got 'many'" in error.text
    assert field.get_property("value") == "many"
    assert browser.find("#seed").get_property("value") == "11"
    gap = error.rect["y"] - (field.rect["y"] + field.rect["height"])
    assert 0 <= gap < 60
    assert error.rect["x"] == pytest.approx(field.rect["x"], abs=2)
    assert browser.run("return document.activeElement.id") == "steps"


def test_the_field_for_a_definition_appears_when_it_is_wanted(browser: Browser) -> None:
    browser.open("/jobs/new")
    assert not browser.find("#definition").is_displayed()
    Select(browser.find("#network")).select_by_value("own")
    browser.fill(definition="[]")
    browser.send_form()
    assert "expected 1 to" in browser.find("#network-error").text
    assert browser.find("#definition").is_displayed()


@pytest.mark.usefixtures("worker")
def test_a_run_is_paused_resumed_and_cancelled_with_its_buttons(browser: Browser, environment: dict[str, str]) -> None:
    browser.open(f"/runs/{submit(environment, steps=100_000)}")
    browser.wait("first points", "document.getElementById('curve').dataset.points > 0")
    browser.find("#pause button").click()
    browser.wait("the pause", "document.getElementById('state').textContent.startsWith('Paused')")
    browser.find("#resume button").click()
    browser.wait("the end of the pause", "document.getElementById('state').textContent.startsWith('Running')")
    browser.find("#cancel summary").click()
    browser.find("#cancel button").click()
    browser.wait("the end", "document.getElementById('state').textContent === 'Cancelled'")
    assert browser.console_errors() == []


@pytest.mark.usefixtures("worker")
def test_a_page_goes_on_when_the_web_server_comes_back(
    browser: Browser, site: Site, environment: dict[str, str]
) -> None:
    run = submit(environment, steps=STEPS)
    browser.open(f"/runs/{run}")
    browser.wait("first points", "document.getElementById('curve').dataset.points > 0")
    site.stop()
    browser.wait("the notice", "document.getElementById('away').textContent.includes('trying again')")
    site.start()
    browser.wait("the end", "document.getElementById('state').textContent === 'Finished'")
    browser.wait("no notice", "document.getElementById('away').textContent === ''")
    assert browser.points() == STEPS, "no record lost, none twice"


def test_the_pages_fit_a_phone(browser: Browser, environment: dict[str, str]) -> None:
    run = submit(environment, steps=1)
    metrics = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    for path in ("/", "/jobs/new", f"/runs/{run}"):
        browser.open(path)
        assert browser.run("return document.documentElement.scrollWidth") <= 360, path


def test_the_server_ends_when_it_is_told_to(environment: dict[str, str], tmp_path: Path) -> None:
    once = Site(environment, tmp_path / "web.log")
    command = [sys.executable, "-m", "flask", "--app", "web", "run", "--port", once.url.rpartition(":")[2]]
    with running(command, once.log, env=environment) as process:
        wait_until(lambda: "Running on" in once.log.read_text(encoding="utf-8"), process)
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(timeout=20) == 0
    log = once.log.read_text(encoding="utf-8")
    assert once.url in log
    assert "WARNING" not in log
    assert "Traceback" not in log
