// Suggests agents to inform: behind an @ in the text of an internal note, and in the field of logins. What is chosen is
// typed as a login; the server decides whom it informs.

const PAUSE = 200; // milliseconds after the last key
const AT = /(^|[^A-Za-z0-9_.+\-/:@＠`\\])([@＠])([^\s@＠,;、。`]{0,40})$/;
const LAST_LOGIN = /(^|[\s,;、，；])(@?)([^\s,;、，；]*)$/;

let field = null; // whose suggestions are open or on their way
let list = null;
let options = [];
let chosen = 0;
let asked = 0;
let timer = null;

const takesPeople = (element) => element?.matches?.("[data-people]");
const isText = (element) => element.tagName === "TEXTAREA";
const isShownToCustomers = (element) => element.form?.elements.visible_for_customer?.checked ?? false;

// What is being typed before the caret that may become a name: {from, query}, null where there is nothing of it.
function typed(element) {
  if (element.selectionStart !== element.selectionEnd) return null;
  if (isText(element) && isShownToCustomers(element)) return null;
  const before = element.value.slice(0, element.selectionStart);
  const found = (isText(element) ? AT : LAST_LOGIN).exec(before);
  if (!found || (!isText(element) && !found[3])) return null;
  return { from: element.selectionStart - found[2].length - found[3].length, query: found[3] };
}

function say(text) {
  const said = field?.parentElement.querySelector(".people-said");
  if (said && said.textContent !== text) said.textContent = text;
}

function makeReady(element) {
  const place = element.parentElement;
  if (place.querySelector(".people-said")) return;
  place.classList.add("people-place");
  const said = Object.assign(document.createElement("p"), { className: "people-said visually-hidden" });
  said.setAttribute("role", "status");
  place.append(said);
}

function close() {
  clearTimeout(timer);
  asked += 1;
  list?.remove();
  list = null;
  options = [];
  if (!field) return;
  for (const name of ["aria-activedescendant", "aria-controls"]) field.removeAttribute(name);
  if (field.getAttribute("role") === "combobox") field.setAttribute("aria-expanded", "false");
  say("");
  field = null;
}

function mark(index) {
  chosen = (index + options.length) % options.length;
  for (const [at, option] of options.entries()) option.setAttribute("aria-selected", String(at === chosen));
  field.setAttribute("aria-activedescendant", options[chosen].id);
  options[chosen].scrollIntoView({ block: "nearest" });
}

function open(found) {
  list?.remove();
  list = Object.assign(document.createElement("ul"), { className: "people-list", id: "people-list" });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", field.form.querySelector("[data-people-label]")?.dataset.peopleLabel ?? "");
  options = found.map((person, index) => {
    const option = Object.assign(document.createElement("li"), { id: `people-${index}` });
    option.setAttribute("role", "option");
    option.dataset.login = person.login;
    const name = Object.assign(document.createElement("span"), { className: "people-name", textContent: person.name });
    const rest = Object.assign(document.createElement("span"), { className: "people-detail", textContent: `@${person.login} · ${person.role}` });
    option.append(name, " ", rest);
    return option;
  });
  list.append(...options);
  field.after(list);
  field.setAttribute("aria-controls", "people-list");
  if (field.getAttribute("role") === "combobox") field.setAttribute("aria-expanded", "true");
  mark(0);
}

async function ask(element, query) {
  const mine = ++asked;
  try {
    const answer = await fetch(`${element.dataset.people}?q=${encodeURIComponent(query)}`, { headers: { Accept: "application/json" }, redirect: "manual", signal: AbortSignal.timeout(10_000) });
    if (!answer.ok || mine !== asked) return;
    const { people, said } = await answer.json();
    if (mine !== asked || document.activeElement !== element || !typed(element)) return;
    field = element;
    say(said);
    if (people.length) {
      open(people);
    } else {
      list?.remove();
      list = null;
      options = [];
    }
  } catch {
    // Without suggestions one types the login.
  }
}

function choose(login) {
  const element = field;
  const now = typed(element);
  close();
  if (!now) return;
  const end = element.selectionStart;
  const after = isText(element) ? " " : ", ";
  const rest = element.value.slice(end);
  element.setRangeText(`${isText(element) ? "@" : ""}${login}${rest.startsWith(after) ? "" : after}`, now.from, end, "end");
  element.dispatchEvent(new Event("input", { bubbles: true }));
  close();
}

document.addEventListener("focusin", ({ target }) => {
  if (!takesPeople(target)) return;
  makeReady(target);
  target.setAttribute("aria-autocomplete", "list");
  if (!isText(target)) {
    target.setAttribute("role", "combobox");
    target.setAttribute("aria-expanded", "false");
    target.setAttribute("aria-haspopup", "listbox");
  }
});

document.addEventListener("input", (event) => {
  const { target } = event;
  if (!takesPeople(target) || event.isComposing || !event.isTrusted) return;
  clearTimeout(timer);
  const now = typed(target);
  if (!now) return close();
  timer = setTimeout(() => ask(target, now.query), PAUSE);
});

document.addEventListener("compositionend", ({ target }) => {
  if (takesPeople(target)) target.dispatchEvent(new Event("composed", { bubbles: true }));
});
document.addEventListener("composed", ({ target }) => {
  const now = typed(target);
  if (now) ask(target, now.query);
});

document.addEventListener("keydown", (event) => {
  if (!list || event.target !== field || event.isComposing) return;
  const { key } = event;
  if (key === "ArrowDown") mark(chosen + 1);
  else if (key === "ArrowUp") mark(chosen - 1);
  else if (key === "Enter" || (key === "Tab" && !event.shiftKey)) choose(options[chosen].dataset.login);
  else if (key === "Escape") close();
  else return;
  event.preventDefault();
  event.stopPropagation();
}, true);

document.addEventListener("pointerdown", (event) => {
  const option = event.target.closest?.(".people-list [data-login]");
  if (!option) return;
  event.preventDefault(); // the field keeps the focus
  choose(option.dataset.login);
});

document.addEventListener("focusout", ({ target }) => {
  if (target === field) close();
});
