// On the inbox page: the list follows what happens, here and elsewhere, and neither focus, scroll position nor what is
// open or chosen is lost over it.

const SOON = 400; // ms; what is done quickly one after the other renews the list once

const list = () => document.getElementById("inbox-list");
const rows = () => [...(list()?.querySelectorAll("[data-row]") ?? [])];
export const start = (row) => row?.querySelector("[data-open], .notice-acts button, .notice-acts summary");
export { rows };

let next = null; // where the keyboard goes when the row it is in leaves
let acted = ""; // the id of the row that something was done with last
let undoing = false;
let waiting = null;
let stale = false; // something could not be shown yet, since somebody is in the middle of it

// In the middle of a row is who types or chooses there, has its menu open, or looks at what it folds.
const isBusy = (row) =>
  row.contains(document.activeElement) || row.querySelector("[name=row]:checked, details[open]") !== null;

function renewSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(renew, SOON);
}

async function renew() {
  const inbox = document.getElementById("inbox");
  if (inbox.dataset.live !== "yes") return;
  if (document.hidden) {
    stale = true;
    return;
  }
  const answer = await fetch(inbox.dataset.rows, { redirect: "manual" }).catch(() => null);
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (inbox !== document.getElementById("inbox")) return;
  if (document.querySelector("form.htmx-request")) {
    // The answer goes to the page that the form is in: taken out meanwhile, it had nowhere to say what was done.
    stale = true;
    return;
  }
  stale = false;
  const anchor = anchored();
  const before = anchor?.getBoundingClientRect().top;
  for (const id of ["inbox-head", "inbox-views", "inbox-pages"]) replace(document.getElementById(id), fresh.getElementById(id));
  if (list() && fresh.getElementById("inbox-list")) mergeRows(fresh);
  else replace(document.getElementById("inbox-body"), fresh.getElementById("inbox-body"));
  reveal();
  if (anchor?.isConnected) window.scrollBy({ top: anchor.getBoundingClientRect().top - before, behavior: "instant" });
}

// What must not move on the screen: where the keyboard is, or what somebody scrolled to.
function anchored() {
  if (list()?.contains(document.activeElement)) return document.activeElement;
  return window.scrollY > 0 ? rows().find((row) => row.getBoundingClientRect().bottom > 0) : null;
}

function replace(old, fresh) {
  if (old.contains(document.activeElement)) {
    // The button under the keyboard stays; what it will send is that of now.
    for (const input of fresh.querySelectorAll("input[name=until]")) {
      const there = old.querySelector("input[name=until]");
      if (there) there.value = input.value;
    }
    if (fresh.querySelector("form") || !old.querySelector("form")) return;
    document.getElementById("content").focus();
  }
  const node = document.importNode(fresh, true);
  old.replaceWith(node);
  window.htmx.process(node);
}

// Rows that are as they were stay the same elements; the others come, go and change around those that are in use.
function mergeRows(fresh) {
  document.querySelector("#selection [name=until]").value = fresh.querySelector("#selection [name=until]").value;
  const wanted = [...fresh.querySelectorAll("[data-row]")];
  const versions = new Map(wanted.map((row) => [row.id, row.dataset.row]));
  const kept = new Set();
  for (const row of rows()) {
    const isAsItWas = versions.get(row.id) === row.dataset.row;
    if (isAsItWas || isBusy(row)) kept.add(row.id);
    else row.remove();
    stale ||= !isAsItWas && isBusy(row);
  }
  let place = list().firstElementChild;
  for (const row of wanted) {
    if (!kept.has(row.id)) {
      const node = document.importNode(row, true);
      list().insertBefore(node, place);
      window.htmx.process(node);
      continue;
    }
    const there = document.getElementById(row.id);
    const time = there.querySelector(".notice-facts time");
    time.textContent = row.querySelector(".notice-facts time").textContent;
    if (place && there.compareDocumentPosition(place) & Node.DOCUMENT_POSITION_FOLLOWING) continue; // stands further up
    place = there.nextElementSibling;
  }
}

document.addEventListener("inbox-news", renewSoon);
document.addEventListener("inbox-changed", renewSoon);
document.addEventListener("visibilitychange", () => !document.hidden && stale && renew());
document.addEventListener("focusout", (event) => stale && event.target.closest?.("[data-row]") && renewSoon());

document.addEventListener("htmx:beforeSwap", (event) => {
  const row = event.detail.target;
  if (!row.matches("[data-row]")) return;
  acted = row.id;
  if (event.detail.xhr.responseText.includes("data-row")) return;
  const at = rows().indexOf(row);
  next = row.contains(document.activeElement) ? (rows()[at + 1] ?? rows()[at - 1] ?? null) : null;
});

// Not afterSwap, which is told to what came in: here nothing did.
document.addEventListener("htmx:afterRequest", () => {
  start(next)?.focus();
  next = null;
  if (stale) renewSoon();
  if (list() && !list().firstElementChild) {
    renew();
    document.getElementById("content").focus();
  }
});

// What only works with script is only then to be seen; and what takes back what was done need not load the page anew.
function reveal() {
  document.querySelectorAll("[data-with-script]").forEach((part) => (part.hidden = false));
  for (const form of document.querySelectorAll("form[data-undo]:not([hx-post])")) {
    const there = { post: form.getAttribute("action"), target: "#inbox", select: "#inbox", "select-oob": "#messages", swap: "outerHTML" };
    for (const [name, value] of Object.entries(there)) form.setAttribute(`hx-${name}`, value);
    window.htmx.process(form);
  }
}

document.addEventListener("submit", ({ target }) => (undoing = target.matches("form[data-undo]")));
document.addEventListener("htmx:afterSettle", () => {
  reveal();
  const refused = document.querySelector("details[open] [aria-invalid=true]");
  if (refused) refused.focus();
  else if (undoing) (start(document.getElementById(acted)) ?? document.getElementById("content")).focus();
  undoing = false;
});
reveal();

document.addEventListener("change", (event) => {
  if (event.target.id !== "choose-all") return;
  for (const box of list().querySelectorAll("[name=row]")) box.checked = event.target.checked;
});
