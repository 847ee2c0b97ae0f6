// On the inbox page: the list follows the bell, and the keyboard stays where it was when a row goes.

const list = () => document.getElementById("inbox-list");
const rows = () => [...(list()?.querySelectorAll("[data-row]") ?? [])];
const start = (row) => row?.querySelector("[data-open], .notice-acts button, .notice-acts summary");
const renew = () => window.htmx.ajax("GET", location.href, { target: "#inbox", select: "#inbox", swap: "outerHTML" });
let next = null;
let undone = "";

document.addEventListener("htmx:beforeSwap", (event) => {
  undone = event.detail.requestConfig.elt.dataset?.undo ?? "";
  const row = event.detail.target.closest?.("[data-row]");
  if (!row || event.detail.xhr.responseText.includes("data-row")) return;
  const at = rows().indexOf(row);
  next = row.contains(document.activeElement) ? (rows()[at + 1] ?? rows()[at - 1] ?? null) : null;
});

// Not afterSwap, which is told to what came in: here nothing did.
document.addEventListener("htmx:afterRequest", () => {
  start(next)?.focus();
  next = null;
  if (list() && !list().firstElementChild) {
    renew();
    document.getElementById("content").focus();
  }
});

// New rows come by themselves while nobody is in the middle of the list, and only on its first page.
document.addEventListener("inbox-news", () => {
  const inbox = document.getElementById("inbox");
  const busy = list()?.contains(document.activeElement) || list()?.querySelector("[name=row]:checked");
  if (inbox.dataset.live !== "yes" || busy) return;
  renew();
});

// What only works with script is only then to be seen.
const reveal = () => document.querySelectorAll("[data-with-script]").forEach((part) => (part.hidden = false));
document.addEventListener("htmx:afterSettle", () => {
  reveal();
  if (undone) start(document.getElementById(undone))?.focus();
  undone = "";
});
reveal();

document.addEventListener("change", (event) => {
  if (event.target.id !== "choose-all") return;
  for (const box of list().querySelectorAll("[name=row]")) box.checked = event.target.checked;
});

// Keys. They can be turned off, since who speaks to a computer types by accident (WCAG 2.1.4).
const keys = document.getElementById("keys");
const on = document.getElementById("keys-on");
const OFF = "opsi-inbox-keys-off";
on.checked = !localStorage.getItem(OFF);
on.addEventListener("change", () => (on.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));

const press = (part) => (row) => document.getElementById(`${row.id}-${part}`)?.click();
const only = (part, value) => (row) => {
  const button = document.getElementById(`${row.id}-${part}`);
  const undoes = Boolean(button?.form.querySelector("[name=_method]"));
  if (button && undoes === value) button.click();
};
const snooze = (row) => {
  press("snooze")(row);
  row.querySelector("details[open] button")?.focus();
};
const choose = (row) => row.querySelector("[name=row]").click();
const VERBS = { e: press("done"), s: press("saved"), x: choose, z: snooze, I: only("reading", false), U: only("reading", true) };

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-keys]")) keys.showModal();
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox]), textarea, select, dialog, details[open]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !on.checked) return;
  if (event.key === "?") return keys.showModal();
  const here = document.activeElement.closest("[data-row]");
  if (event.key === "j" || event.key === "k") {
    const at = rows().indexOf(here) + (event.key === "j" ? 1 : -1);
    start(rows()[Math.min(Math.max(at, 0), rows().length - 1)])?.focus();
  } else if (here && VERBS[event.key]) {
    event.preventDefault();
    VERBS[event.key](here);
  }
});
