// What is being written on a ticket, or of a new one, survives a reload. It stays in this tab alone, and goes when it was sent, let go, or
// at signing out. A form that came back from the server (`data-as-sent`) stands as the server made it, and is kept whole.

const PREFIX = "draft:";
const SENT = "draft-sent"; // the key of what a plain form was just sent with; the page that follows tells whether it arrived
const FILES = "\0files";

// Browsers may forbid all storage: then there are no drafts, and nothing else is missing.
const storage = {
  get(key) { try { return sessionStorage.getItem(key); } catch { return null; } },
  set(key, value) { try { sessionStorage.setItem(key, value); } catch { /* full or forbidden */ } },
  remove(key) { try { sessionStorage.removeItem(key); } catch { /* forbidden */ } },
};

const forms = () => document.querySelectorAll("form[data-draft]");
const keyOf = (form) => PREFIX + form.dataset.draft;
const fieldsOf = (form) => [...form.elements].filter((field) => field.name && !["hidden", "file", "submit", "button"].includes(field.type));
// What was chosen beside a field stands in hidden ones of the same name, each with the words it is shown by.
const chosenIn = (form) => form.querySelectorAll("input[type=hidden][data-shown-as]");
const valueOf = (field) => (field.type === "checkbox" ? field.checked : field.value);
const hasFiles = (form) => [...form.elements].some((field) => field.type === "file" && field.files.length);

function asMade(field) {
  if (field.type === "checkbox") return field.defaultChecked;
  if (field.tagName === "SELECT") return ([...field.options].find((option) => option.defaultSelected) ?? field.options[0])?.value;
  return field.defaultValue;
}

function keep(form) {
  const whole = "asSent" in form.dataset;
  const written = fieldsOf(form).filter((field) => whole || valueOf(field) !== asMade(field)).map((field) => [field.name, valueOf(field)]);
  for (const { name, value, dataset } of chosenIn(form)) written.push([name, value, dataset.shownAs]);
  if (written.length && hasFiles(form)) written.push([FILES, true]);
  if (written.length) storage.set(keyOf(form), JSON.stringify(written));
  else forget(form);
}

function forget(form) {
  storage.remove(keyOf(form));
}

function writtenIn(key) {
  try {
    const written = JSON.parse(storage.get(key) ?? "[]");
    return Array.isArray(written) ? written : [];
  } catch {
    return [];
  }
}

// `quoting`: the form was made with a text of its own, which what had been written stands above.
function bringBack(form, quoting = false) {
  const written = writtenIn(keyOf(form));
  for (const [name, value, shownAs] of written) {
    if (shownAs !== undefined) {
      form.dispatchEvent(new CustomEvent("draft-chosen", { detail: { name, value, shownAs } }));
      continue;
    }
    const field = fieldsOf(form).find((one) => one.name === name);
    if (!field) continue;
    if (field.type === "checkbox") field.checked = value;
    else field.value = quoting && name === "body" ? `${value.trimEnd()}\n${field.value}` : value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
  const note = form.querySelector("[data-draft-back]");
  if (!note || !written.length) return;
  note.hidden = false;
  const files = note.querySelector("[data-draft-files]");
  if (files) files.hidden = !written.some(([name]) => name === FILES);
}

for (const event of ["input", "change"]) {
  document.addEventListener(event, ({ target }) => {
    const form = target.closest?.("form[data-draft]");
    if (form && target.form === form) keep(form);
  });
}

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  const form = detail.target.querySelector?.("form[data-draft]");
  if (!form || detail.requestConfig.verb !== "get" || "asSent" in form.dataset) return;
  bringBack(form, new URL(detail.requestConfig.path, location.href).searchParams.has("article"));
});

// Before htmx leads on to the article: the page it leads to must not find it.
document.addEventListener("htmx:beforeOnLoad", ({ detail }) => {
  if (detail.xhr.status < 300 && detail.requestConfig.verb === "post" && detail.elt.matches?.("form[data-draft]")) forget(detail.elt);
});

// A plain form: whether it arrives, nobody knows yet. Network and session may fail.
document.addEventListener("submit", ({ target }) => {
  if (!target.matches("form[data-draft]:not([hx-post])")) return;
  keep(target);
  storage.set(SENT, keyOf(target));
});

document.addEventListener("click", ({ target }) => {
  const form = target.closest?.("[data-dismiss], [data-discard]")?.closest("form[data-draft]");
  if (!form) return;
  forget(form);
  if (target.closest("[data-discard]")) {
    form.reset();
    for (const field of fieldsOf(form)) field.dispatchEvent(new Event("change", { bubbles: true }));
    forget(form);
    form.querySelector("[data-draft-back]").hidden = true;
    (form.querySelector("[autofocus]") ?? form.querySelector("textarea"))?.focus();
  }
}, true);

// After a reload: what is in the page is filled, what opens by a button is opened. Only then does htmx know its buttons.
document.addEventListener("DOMContentLoaded", () => {
  const sent = storage.get(SENT);
  storage.remove(SENT);
  // Only what was taken leads on to the page of a ticket; a refusal shows the form, failures an error or the sign-in.
  const ledHere = performance.getEntriesByType("navigation")[0]?.redirectCount > 0;
  const isThere = [...forms()].some((form) => keyOf(form) === sent);
  if (sent && ledHere && !isThere && document.getElementById("conversation")) storage.remove(sent);
  for (const form of forms()) {
    if ("asSent" in form.dataset) keep(form);
    else bringBack(form);
  }
  const buttons = document.querySelector("[data-drafts]");
  const kind = buttons && ["note", "reply"].find((one) => storage.get(`${PREFIX}${buttons.dataset.drafts}${one}`));
  if (kind) document.getElementById(`action-${kind}`)?.click();
});
