// The list of tickets: how many are chosen, all of a page at once, and keys. Everything works without it, too.

const boxes = () => [...document.querySelectorAll("[data-row] [type=checkbox][name=ticket]")];
const rows = () => [...document.querySelectorAll("[data-row]")];
const all = document.getElementById("choose-all");
const said = document.getElementById("selection-said");

for (const part of document.querySelectorAll("[data-with-script]")) part.hidden = false;

function count() {
  if (!said) return;
  const chosen = boxes().filter((box) => box.checked).length;
  said.textContent = `${chosen ? said.dataset.counted.replace("%s", chosen) : said.dataset.words}:`;
  all.checked = chosen > 0 && chosen === boxes().length;
  all.indeterminate = chosen > 0 && !all.checked;
}

document.addEventListener("change", ({ target }) => {
  if (target === all) for (const box of boxes()) box.checked = all.checked;
  if (target === all || target.name === "ticket") count();
});
// What the browser filled in again after going back.
addEventListener("pageshow", count);
count();

// Back at the row where a button was pressed; after the browser has scrolled to it, which takes the focus away.
addEventListener("load", () => {
  const row = location.hash.startsWith("#ticket-") && document.getElementById(location.hash.slice(1));
  if (row) requestAnimationFrame(() => row.querySelector(".cell-title a").focus());
});

// Keys, with the same switch as those of the inbox: who speaks to a computer types by accident (WCAG 2.1.4).
const keys = document.getElementById("keys");
const on = document.getElementById("keys-on");
const OFF = "opsi-inbox-keys-off";
on.checked = !localStorage.getItem(OFF);
on.addEventListener("change", () => (on.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));

const VERBS = {
  x: (row) => row.querySelector("[type=checkbox]")?.click(),
  m: (row) => row.querySelector("[data-mine]")?.click(),
  w: (row) => row.querySelector("[data-watch]")?.click(),
};

document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-keys]")) keys.showModal();
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox]), textarea, select, dialog, .filters-fold[open] form");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !on.checked) return;
  if (event.key === "?") return keys.showModal();
  const here = document.activeElement.closest("[data-row]");
  if (event.key === "j" || event.key === "k") {
    const at = rows().indexOf(here) + (event.key === "j" ? 1 : -1);
    rows()[Math.min(Math.max(at, 0), rows().length - 1)]?.querySelector(".cell-title a").focus();
  } else if (here && VERBS[event.key]) {
    event.preventDefault();
    VERBS[event.key](here);
  }
});
