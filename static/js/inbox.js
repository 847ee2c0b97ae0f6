// On the inbox page: the list follows the bell, and the keyboard stays where it was when a row goes.

const list = () => document.getElementById("inbox-list");
const renew = () => window.htmx.ajax("GET", location.href, { target: "#inbox", select: "#inbox", swap: "outerHTML" });
let next = null;

document.addEventListener("htmx:beforeSwap", (event) => {
  const row = event.detail.target.closest?.("[data-row]");
  if (!row || event.detail.xhr.responseText.trim()) return;
  const rows = [...list().querySelectorAll("[data-row]")];
  const at = rows.indexOf(row);
  next = row.contains(document.activeElement) ? (rows[at + 1] ?? rows[at - 1] ?? null) : null;
});

// Not afterSwap, which is told to what came in: here nothing did.
document.addEventListener("htmx:afterRequest", () => {
  next?.querySelector("[data-open], button")?.focus();
  next = null;
  if (list() && !list().firstElementChild) {
    renew();
    document.getElementById("content").focus();
  }
});

// New rows come by themselves while nobody is in the middle of the list, and only on its first page.
document.addEventListener("inbox-news", () => {
  const inbox = document.getElementById("inbox");
  if (inbox.dataset.live !== "yes" || list()?.contains(document.activeElement)) return;
  renew();
});
