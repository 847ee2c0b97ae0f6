// Keeps the bell up to date: asks every few seconds while the page is looked at, rarely while it is not. What one tab
// hears or does it tells the others, so that they show the same at once and need not ask.

import { notify } from "./browser-notification.js";

const bell = document.getElementById("bell");
const news = document.getElementById("bell-news");
const shown = bell.querySelector("[data-badge-shown]");
const label = bell.querySelector("[data-badge-label]");
const paused = bell.querySelector("[data-badge-paused]");

const LOOKED_AT = 2_500;
const IN_THE_BACKGROUND = 60_000;
const LONGEST_PAUSE = 60_000;

const title = document.title;
// Only tabs in which the same person is signed in hear each other.
const tabs = "BroadcastChannel" in window ? new BroadcastChannel(`opsi-inbox-${bell.dataset.person}`) : null;
let etag = bell.dataset.etag;
let latest = Number(bell.dataset.latest);
let failures = 0;
let timer = null;
let asking = false;
let askAgain = false;

const say = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

function entitle() {
  document.title = shown.textContent ? `(${shown.textContent}) ${title}` : title;
}

function show(badge, heard) {
  shown.textContent = badge.shown;
  label.textContent = badge.unread ? badge.label : "";
  paused.hidden = !badge.paused;
  entitle();
  const isNews = badge.latest > latest; // else only less than before: read here or elsewhere
  if (isNews) {
    latest = badge.latest;
    news.textContent = badge.label;
    if (!heard) notify(badge, bell);
  }
  say("inbox-news", { isNews });
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
      tabs?.postMessage({ etag, badge });
      show(badge, false);
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

tabs?.addEventListener("message", ({ data }) => {
  if (data.changed) say("inbox-news", { isNews: false }); // something that the number does not show
  if (!data.badge || data.etag === etag) return;
  etag = data.etag;
  show(data.badge, true);
});

entitle();
later();
document.addEventListener("visibilitychange", () => (document.hidden ? later() : ask()));
// Sent by what changes rows: the pages of the inbox, and the zoom page when it reports a reading.
document.addEventListener("inbox-changed", () => {
  tabs?.postMessage({ changed: true });
  ask();
});
// A page that was made by an act – a form without script, a row that was opened – knows more than the others.
tabs?.postMessage({
  etag,
  badge: { unread: parseInt(shown.textContent, 10) || 0, shown: shown.textContent, label: label.textContent, latest, paused: !paused.hidden },
});
