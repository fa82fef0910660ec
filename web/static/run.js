// Keeps the page of one run up to date from its events.

import { Curve } from "./curve.js";

const RETRY_MILLISECONDS = 3000;

const page = document.getElementById("run");
const away = document.getElementById("away");
const curve = new Curve(document.getElementById("curve"));
let received = 0; // records so far: where to go on after a lost connection

function connect() {
  const source = new EventSource(`${page.dataset.events}?start=${received}`);
  source.addEventListener("open", () => setText(away, ""));
  source.addEventListener("records", (event) => addRecords(JSON.parse(event.data)));
  source.addEventListener("run", (event) => showRun(JSON.parse(event.data)));
  source.addEventListener("over", () => source.close());
  source.addEventListener("trouble", (event) => reconnect(source, JSON.parse(event.data).message));
  source.addEventListener("error", () => {
    // A dropped connection is taken up again by the browser; an answer that is no stream is not.
    if (source.readyState === EventSource.CLOSED) reconnect(source, "");
    else setText(away, "The page has lost the server and is trying again.");
  });
}

function reconnect(source, message) {
  source.close();
  setText(away, message || "The server does not answer; trying again.");
  setTimeout(connect, RETRY_MILLISECONDS);
}

function addRecords({ start, records }) {
  const fresh = records.slice(received - start);
  received += fresh.length;
  curve.add(fresh);
}

function showRun(run) {
  for (const element of page.querySelectorAll("[data-text]")) setText(element, run.text[element.dataset.text]);
  document.getElementById("curve").dataset.empty = run.text.no_curve;
  document.getElementById("state").className = `state ${run.state}`;
  document.getElementById("error").hidden = !run.error;
  const moving = ["queued", "running"].includes(run.state);
  document.getElementById("pause").hidden = !moving;
  document.getElementById("resume").hidden = run.state !== "paused";
  document.getElementById("cancel").hidden = !moving && run.state !== "paused";
  if (run.steps) document.getElementById("progress").value = run.step;
}

// Leaves an unchanged text alone, so that screen readers are told of changes only.
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

connect();
