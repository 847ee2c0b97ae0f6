// Says who else is writing on this ticket, and what came in meanwhile. Asks every ten seconds while the page is looked at;
// while one types here, the same request tells the others.

const RHYTHM = 10_000; // milliseconds
const LONGEST_PAUSE = 120_000;

const place = document.querySelector("[data-meanwhile-url]");
const shown = place?.querySelector("[data-shown]");
const said = place?.querySelector("[data-said]");
const csrf = document.querySelector("meta[name=csrf-token]")?.content;

let since = place?.dataset.newest ?? "";
let etag = "";
let typing = ""; // the kind that is being written since the last request
let told = false; // whether the others know of it
let failures = 0;
let timer = null;
let last = 0;
let asking = false;

const writing = () => document.querySelector("form.writing");

function show(answer) {
  if (since === "") since = String(answer.newest);
  if (shown.innerHTML !== answer.html) {
    shown.innerHTML = answer.html;
    window.htmx?.process(shown);
  }
  // Only what is new is said, and never merely that time goes by.
  if (said.textContent !== answer.said) said.textContent = answer.said;
}

function later(pause = RHYTHM) {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(ask, failures ? Math.min(RHYTHM * 2 ** failures, LONGEST_PAUSE) : pause);
}

async function ask() {
  if (asking) return;
  asking = true;
  clearTimeout(timer);
  last = Date.now();
  const kind = typing;
  typing = "";
  try {
    const answer = await fetch(`${place.dataset.meanwhileUrl}?since=${since}`, {
      method: kind ? "POST" : "GET",
      body: kind ? new URLSearchParams({ kind }) : undefined,
      headers: { Accept: "application/json", ...(kind ? { "X-CSRFToken": csrf } : { "If-None-Match": etag }) },
      redirect: "manual",
      signal: AbortSignal.timeout(10_000),
    });
    if (answer.type === "opaqueredirect" || [401, 403, 404].includes(answer.status)) {
      shown.replaceChildren();
      return; // signed out, or the ticket is out of reach
    }
    if (answer.status === 200) {
      if (kind) told = true;
      etag = answer.headers.get("ETag") ?? "";
      show(await answer.json());
    } else if (answer.status !== 304) {
      throw new Error(String(answer.status));
    }
    failures = 0;
  } catch {
    failures += 1;
  } finally {
    asking = false;
  }
  later();
}

// Sent, cancelled or discarded: the others need not wait until it is forgotten.
function end() {
  typing = "";
  if (!told) return;
  told = false;
  fetch(place.dataset.meanwhileUrl, { method: "DELETE", headers: { "X-CSRFToken": csrf }, keepalive: true }).catch(() => {});
}

if (place) {
  document.addEventListener("input", ({ target, isTrusted }) => {
    const form = target.closest?.("form.writing");
    if (!form || !isTrusted) return;
    typing = form.elements.kind?.value ?? "note";
    if (Date.now() - last >= RHYTHM || !told) {
      if (Date.now() - last >= 1_000) ask();
      else later(1_000);
    }
  });
  document.addEventListener("click", ({ target }) => {
    if (target.closest?.("[data-dismiss], [data-discard]")?.closest("form.writing")) end();
  }, true);
  addEventListener("pagehide", end);
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : ask()));
  // What came in opens beside what is being written, where articles lie.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-meanwhile]");
    if (!link || !window.htmx || !document.getElementById("conversation")) return;
    event.preventDefault();
    since = link.dataset.meanwhile;
    window.htmx.ajax("GET", `?article=${link.dataset.meanwhile}`, { target: "#conversation", swap: "outerHTML" }).then(() => {
      document.getElementById(`article-${link.dataset.meanwhile}`)?.focus();
      etag = "";
      ask();
    });
  });
  later(writing() ? 0 : 1_000);
}
