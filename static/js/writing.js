// While something is being written: a template is put where one writes, and what stands beside it and depends on it (`data-renewed-by` names the fields) is
// renewed, quietly and only where the answer would be another.

const PAUSE = 500; // milliseconds after the last change
const NAMED = /[@＠][^\s@＠]+|[`>]/g;

let timer = null;
let asking = null;

const placeOf = (form) => form.querySelector("[data-renewed-by]");

// Of a text only the names in it count, and what makes them none.
function valueOf(field) {
  if (field.type === "checkbox") return String(field.checked);
  return field.tagName === "TEXTAREA" ? (field.value.match(NAMED) ?? []).join(" ") : field.value;
}

function dependsOn(place, form) {
  return place.dataset.renewedBy.split(" ").map((name) => form.elements[name]).filter(Boolean);
}

const stateOf = (place, form) => dependsOn(place, form).map(valueOf).join("\n");

async function renew(form) {
  const place = placeOf(form);
  if (!place) return;
  // Half a name, with suggestions open for it, is nothing to be said of yet.
  if (form.querySelector(".people-list")) {
    timer = setTimeout(() => renew(form), PAUSE);
    return;
  }
  const state = stateOf(place, form);
  if (place.dataset.state === state) return;
  asking?.abort();
  asking = new AbortController();
  const sent = new URLSearchParams();
  for (const name of ["kind", "version", ...place.dataset.renewedBy.split(" ")]) {
    const field = form.elements[name];
    if (field && (field.type !== "checkbox" || field.checked)) sent.append(name, field.value);
  }
  try {
    const answer = await fetch(place.dataset.renew, {
      method: "POST", body: sent, redirect: "manual", signal: asking.signal,
      headers: { "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content, "HX-Request": "true" },
    });
    if (!answer.ok) throw new Error(String(answer.status));
    const text = await answer.text();
    place.dataset.state = state;
    const fresh = document.createElement("template");
    fresh.innerHTML = text;
    const inner = fresh.content.querySelector("[data-renewed-by]")?.innerHTML ?? "";
    if (inner !== place.innerHTML) place.innerHTML = inner;
    place.hidden = false;
  } catch (error) {
    // Rather nothing than what no longer holds.
    if (error.name !== "AbortError") place.hidden = true;
  }
}

function begin(form) {
  const place = placeOf(form);
  if (!place || "state" in place.dataset) return;
  place.dataset.state = dependsOn(place, form).map(asMade).join("\n");
}

function asMade(field) {
  if (field.type === "checkbox") return String(field.defaultChecked);
  if (field.tagName === "SELECT") return ([...field.options].find((option) => option.defaultSelected) ?? field.options[0])?.value ?? "";
  return field.tagName === "TEXTAREA" ? (field.defaultValue.match(NAMED) ?? []).join(" ") : field.defaultValue;
}

for (const kind of ["input", "change"]) {
  document.addEventListener(kind, ({ target }) => {
    const form = target.closest?.("form.writing");
    if (!form || !placeOf(form)) return;
    begin(form);
    clearTimeout(timer);
    timer = setTimeout(() => renew(form), target.type === "checkbox" ? 0 : PAUSE);
  });
}

// Where the caret was last, of a text that lost the focus: none means that nobody has been there yet.
const carets = new WeakMap();
document.addEventListener("focusout", ({ target }) => {
  if (target.matches?.(".writing textarea")) carets.set(target, target.selectionEnd);
});

// Typed rather than set, so that undoing takes it out again; nothing is replaced.
function insert(text, field) {
  field.focus();
  const at = carets.get(field) ?? 0;
  field.setSelectionRange(at, at);
  if (!document.execCommand("insertText", false, text)) {
    field.setRangeText(text, at, at, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

document.addEventListener("submit", async (event) => {
  if (event.target.id !== "choose-template") return;
  event.preventDefault();
  const choice = document.getElementById("template-choice");
  const chosen = choice.selectedOptions[0];
  if (!chosen.value) {
    choice.focus();
    return;
  }
  const form = choice.closest("form.writing");
  const said = form.querySelector("[data-inserted]");
  said.textContent = "";
  choice.value = ""; // pressed twice, it is inserted once
  try {
    const answer = await fetch(chosen.dataset.text, { redirect: "manual", signal: AbortSignal.timeout(10_000) });
    if (!answer.ok) throw new Error(String(answer.status));
    insert(await answer.text(), form.elements.body);
    said.textContent = said.dataset.inserted;
  } catch {
    chosen.selected = true;
    said.textContent = document.body.dataset.failed;
    said.classList.remove("visually-hidden");
  }
});
