// The Ticket zoom window: articles open where one is, writing stands beside reading. Links do the same without script.

const hash = /^#article-(\d+)$/;

// A mail's link names the article behind the #, which no server hears of.
function openNamed() {
  const named = hash.exec(location.hash);
  if (named && !document.getElementById(named[0].slice(1)) && new URLSearchParams(location.search).get("article") !== named[1]) {
    location.replace(`?article=${named[1]}${location.hash}`);
  }
}
addEventListener("hashchange", openNamed);
openNamed();

// The list stays where it was scrolled to, and the row of the article that lies open is in sight.
let scrolled = 0;
function showRow() {
  const row = document.querySelector(".article-row[aria-current]");
  const list = row?.closest(".article-rows");
  if (!list) return;
  list.scrollTop = scrolled;
  const [here, around] = [row.getBoundingClientRect(), list.getBoundingClientRect()];
  if (here.top >= around.top && here.bottom <= around.bottom) return;
  list.scrollTop += (here.top + here.bottom - around.top - around.bottom) / 2;
}
document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
  if (target.id === "conversation") scrolled = target.querySelector(".article-rows").scrollTop;
});
showRow();

document.addEventListener("htmx:afterSettle", ({ detail: { target } }) => {
  if (target.id === "conversation") {
    showRow();
    // On narrow screens the article stands below the list.
    document.querySelector(".reading-head")?.scrollIntoView({ block: "nearest" });
    // The keyboard stays in the list; what opened beside it is said.
    document.getElementById("articles-said").textContent = document.getElementById("conversation").dataset.said;
  }
  const written = document.querySelector("#compose .is-invalid, #compose textarea");
  if (written && target.closest("#compose")) {
    written.focus();
    if (written.setSelectionRange && written.tagName === "TEXTAREA") written.setSelectionRange(0, 0);
    document.getElementById("compose").scrollIntoView({ block: "nearest" });
  }
});

// Keys go from article to article. They share the switch of the other lists' keys: who speaks to a computer types by
// accident (WCAG 2.1.4).
const OFF = "opsi-inbox-keys-off";
function offerKeys() {
  const offer = document.querySelector("[data-article-keys]");
  if (!offer) return;
  offer.hidden = false;
  offer.querySelector("input").checked = !localStorage.getItem(OFF);
}
document.addEventListener("htmx:afterSettle", offerKeys);
offerKeys();

document.addEventListener("change", ({ target }) => {
  if (target.id !== "article-keys") return;
  if (target.checked) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, "1");
});

document.addEventListener("keydown", (event) => {
  const step = { j: 1, k: -1 }[event.key];
  const typing = event.target.closest("input:not([type=checkbox]), textarea, select, dialog, [contenteditable]");
  if (!step || typing || event.ctrlKey || event.metaKey || event.altKey || localStorage.getItem(OFF)) return;
  go(step);
});

let waiting = 0;
function go(step) {
  // One article is still on its way: then the next is gone to from there.
  if (document.querySelector("#conversation .htmx-request")) {
    waiting = step;
    return;
  }
  waiting = 0;
  const rows = [...document.querySelectorAll(".article-row")];
  const here = rows.indexOf(document.activeElement.closest(".article-row") ?? document.querySelector(".article-row[aria-current]"));
  const next = rows[here + step] ?? document.getElementById(step > 0 ? "articles-older" : "articles-newer");
  next?.focus();
  next?.click();
}
document.addEventListener("htmx:afterSettle", () => { if (waiting) go(waiting); });

// The time until when is asked for only where the state waits for one.
function askUntil(within) {
  for (const state of within.querySelectorAll("select[name=state], select[name=next_state]")) {
    const until = state.form.querySelector("#div_id_pending_until");
    if (until) until.hidden = state.value !== "pending";
  }
}
document.addEventListener("change", (event) => { if (event.target.form) askUntil(event.target.form); });
document.addEventListener("htmx:load", (event) => askUntil(event.detail.elt));
askUntil(document);

document.addEventListener("click", (event) => {
  const dismiss = event.target.closest("[data-dismiss]");
  const dismissed = dismiss && document.querySelector(dismiss.dataset.dismiss);
  if (dismissed) {
    event.preventDefault();
    dismissed.replaceChildren();
  }
  if (event.target.closest("[data-print]")) print();
});

for (const button of document.querySelectorAll("[data-print]")) button.hidden = false;
