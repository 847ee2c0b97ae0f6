// Keeps the bell up to date: asks every 3 seconds while the page is looked at, rarely while it is not.

const bell = document.getElementById("bell");
const news = document.getElementById("bell-news");
const shown = bell.querySelector("[data-badge-shown]");
const label = bell.querySelector("[data-badge-label]");

const LOOKED_AT = 3_000;
const IN_THE_BACKGROUND = 60_000;
const LONGEST_PAUSE = 60_000;

const title = document.title;
let etag = bell.dataset.etag;
let latest = Number(bell.dataset.latest);
let failures = 0;
let timer = null;
let asking = false;
let askAgain = false;

function entitle() {
  document.title = shown.textContent ? `(${shown.textContent}) ${title}` : title;
}

function show(badge) {
  shown.textContent = badge.shown;
  label.textContent = badge.unread ? badge.label : "";
  entitle();
  if (badge.latest <= latest) return; // only less than before: read here or elsewhere
  latest = badge.latest;
  news.textContent = badge.label;
  document.dispatchEvent(new CustomEvent("inbox-news", { detail: badge }));
}

function later() {
  clearTimeout(timer);
  const rhythm = document.hidden ? IN_THE_BACKGROUND : LOOKED_AT;
  // Pages that failed together should not come back together.
  const pause = failures ? Math.min(LOOKED_AT * 2 ** failures, LONGEST_PAUSE) * (0.75 + Math.random() / 2) : rhythm;
  timer = setTimeout(ask, Math.max(pause, rhythm));
}

async function ask() {
  if (asking) {
    askAgain = true;
    return;
  }
  asking = true;
  askAgain = false;
  clearTimeout(timer);
  try {
    const answer = await fetch(bell.dataset.badge, {
      headers: { Accept: "application/json", "If-None-Match": etag },
      redirect: "manual",
      signal: AbortSignal.timeout(10_000),
    });
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return; // signed out
    if (answer.status === 200) {
      const badge = await answer.json();
      etag = answer.headers.get("ETag") ?? "";
      show(badge);
    } else if (answer.status !== 304) {
      throw new Error(String(answer.status));
    }
    failures = 0;
  } catch {
    failures += 1;
  } finally {
    asking = false;
  }
  if (askAgain) ask();
  else later();
}

entitle();
later();
document.addEventListener("visibilitychange", () => (document.hidden ? later() : ask()));
// Sent by what changes rows: the pages of the inbox, and the zoom page when it reports a reading.
document.addEventListener("inbox-changed", ask);
