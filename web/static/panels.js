// Loads the panels of a page again every two seconds while somebody can see them.

const PERIOD_MILLISECONDS = 2000;

const away = document.getElementById("away");

async function refresh(panel) {
  const response = await fetch(panel.dataset.panel);
  if (!response.ok) throw new Error(`status ${response.status}`);
  const html = await response.text();
  if (html === panel.dataset.shown) return;
  const focused = panel.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  panel.innerHTML = html;
  panel.dataset.shown = html;
  if (focused) panel.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
}

async function refreshAll() {
  try {
    if (!document.hidden) {
      await Promise.all([...document.querySelectorAll("[data-panel]")].map(refresh));
      if (away?.dataset.by === "panels") setAway("");
    }
  } catch {
    setAway("The grid does not answer; what is shown is old. Trying again.");
  }
  setTimeout(refreshAll, PERIOD_MILLISECONDS);
}

function setAway(text) {
  if (away.textContent === text) return;
  away.textContent = text;
  away.dataset.by = text ? "panels" : "";
}

setTimeout(refreshAll, PERIOD_MILLISECONDS);
