// Keys of the inbox. They press the same buttons that everybody sees, and can be turned off, since who speaks to a
// computer types by accident (WCAG 2.1.4).

import { rows, start } from "./inbox.js";

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
const open = (row) => row.querySelector("[data-open]")?.click();
const VERBS = {
  e: press("done"),
  s: press("saved"),
  o: open,
  x: choose,
  z: snooze,
  v: press("fold"),
  I: only("reading", false),
  U: only("reading", true),
};

function step(by) {
  const all = rows();
  const at = all.indexOf(document.activeElement.closest("[data-row]")) + by;
  start(all[Math.min(Math.max(at, 0), all.length - 1)])?.focus();
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-keys]")) keys.showModal();
});

document.addEventListener("keydown", (event) => {
  if (!on.checked || event.altKey || event.target.closest("input:not([type=checkbox]), textarea, select, dialog, .menu[open]")) return;
  if (event.ctrlKey || event.metaKey) {
    const undo = event.key === "z" && document.querySelector("form[data-undo] button");
    if (undo) {
      event.preventDefault();
      undo.click();
    }
    return;
  }
  if (event.key === "?") return keys.showModal();
  if (event.key === "j") return step(1);
  if (event.key === "k") return step(-1);
  const here = document.activeElement.closest("[data-row]");
  if (here && VERBS[event.key]) {
    event.preventDefault();
    VERBS[event.key](here);
  }
});
