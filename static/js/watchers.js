// The Ticket watcher dialog and the watchers field of a new ticket: focus, arrow keys, refusals, chosen people.
// Both work without this as plain forms.

const inDialog = (element) => element?.closest?.("[data-watchers]");
const buttonsOf = (kind) => [...document.querySelectorAll(`[data-watchers] button[id^="${kind}-"]`)];
let pressed = null;

// Refused adds come back as 403 or 404 with the dialog as it is now; show them, but never a whole error page in it.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!inDialog(detail.target) || ![403, 404].includes(detail.xhr.status)) return;
  if (detail.serverResponse.includes('id="watcher-said"')) {
    detail.shouldSwap = true;
    detail.isError = false;
  } else {
    // The ticket itself is out of reach by now.
    location.reload();
  }
});

// An answer renews the lists with all their forms. Were these sent by htmx themselves, one that another answer removed
// meanwhile would lose its own; so all are sent, one after the other, from a place that stays.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const dialog = inDialog(form);
  if (!dialog || form.method !== "post" || !window.htmx) return;
  event.preventDefault();
  if (form.dataset.sent) return;
  form.dataset.sent = "yes";
  const button = form.querySelector("button");
  const kind = button.id.split("-")[0];
  pressed = { kind, index: buttonsOf(kind).indexOf(button) };
  const values = Object.fromEntries(new FormData(form));
  // What stands in the search box now, not when the form was drawn.
  values.q = dialog.querySelector("#find-people").value;
  window.htmx.ajax("POST", form.getAttribute("action"), {
    source: dialog.querySelector("[data-sender]"), target: "#watcher-candidates", values,
  });
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.successful) return;
  for (const form of document.querySelectorAll("[data-watchers] form[data-sent]")) delete form.dataset.sent;
});

// The button that was pressed is gone with its row: go on at the one that took its place.
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (!pressed || detail.target.id !== "watcher-candidates" || detail.requestConfig.verb === "get") return;
  const { kind, index } = pressed;
  pressed = null;
  if (inDialog(document.activeElement)) return;
  const left = buttonsOf(kind);
  (left[Math.min(index, left.length - 1)] ?? document.getElementById("find-people"))?.focus();
});

// The button that opened the dialog may have been renewed since: the browser would not find it.
document.getElementById("dialog")?.addEventListener("close", () => {
  requestAnimationFrame(() => {
    if (document.activeElement === document.body) document.getElementById("watch-button")?.focus();
  });
});

// Arrow keys walk from the search box through the people found and back.
document.addEventListener("keydown", (event) => {
  const results = { "find-people": "watcher-candidates", id_watchers: "watcher-suggestions" };
  const box = event.target;
  const list = document.getElementById(results[box.id]) ?? box.closest?.(".watcher-results");
  if (!list || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
  const search = document.getElementById(Object.keys(results).find((id) => results[id] === list.id));
  const stops = [search, ...list.querySelectorAll("button")];
  const next = stops[stops.indexOf(box) + (event.key === "ArrowDown" ? 1 : -1)];
  if (next && stops.includes(box)) {
    event.preventDefault();
    next.focus();
  }
});

// A new ticket: people chosen become hidden fields beside a name and a button that takes them out again.
for (const field of document.querySelectorAll("[data-watcher-field]")) {
  const input = field.querySelector("input");
  const chips = field.querySelector("[data-chips]");
  const suggestions = field.querySelector("#watcher-suggestions");

  const choose = (login, name) => {
    if ([...chips.querySelectorAll("input")].some(({ value }) => value === login)) return;
    const chip = document.createElement("li");
    const label = document.createElement("span");
    label.textContent = name;
    const hidden = Object.assign(document.createElement("input"), { type: "hidden", name: "watchers", value: login });
    const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
    remove.setAttribute("aria-label", field.dataset.remove.replace("%s", name));
    remove.addEventListener("click", () => {
      chip.remove();
      chips.hidden = !chips.children.length;
      input.focus();
    });
    chip.append(label, hidden, remove);
    chips.append(chip);
    chips.hidden = false;
  };

  for (const login of input.value.split(/[\s,]+/).filter(Boolean)) choose(login, login);
  input.value = "";

  suggestions.addEventListener("click", (event) => {
    const button = event.target.closest("[data-login]");
    if (!button) return;
    choose(button.dataset.login, button.dataset.name);
    field.querySelector("[data-said]").textContent = field.dataset.added.replace("%s", button.dataset.name);
    input.value = "";
    suggestions.replaceChildren();
    input.focus();
  });

  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && input.value.trim()) {
      // Enter takes the first person found; sending the form is for the form's own button.
      event.preventDefault();
      suggestions.querySelector("[data-login]")?.click();
    }
  });
}
