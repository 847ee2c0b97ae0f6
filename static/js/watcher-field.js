// The watchers field of a new ticket: people chosen become hidden fields beside a name and a button that takes them out
// again. Without this it is a plain field for logins.

const stops = (field) => [field.querySelector("input"), ...field.querySelectorAll("#watcher-suggestions button")];

// Arrow keys walk from the field through the people found and back.
document.addEventListener("keydown", (event) => {
  const field = event.target.closest?.("[data-watcher-field]");
  if (!field || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
  const all = stops(field);
  const next = all[all.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
  if (next && all.includes(event.target)) {
    event.preventDefault();
    next.focus();
  }
});

for (const field of document.querySelectorAll("[data-watcher-field]")) {
  const input = field.querySelector("input");
  const chips = field.querySelector("[data-chips]");
  const suggestions = field.querySelector("#watcher-suggestions");

  // To `drafts.js`, which hears of fields.
  const changed = () => input.dispatchEvent(new Event("change", { bubbles: true }));

  const choose = (login, name) => {
    if ([...chips.querySelectorAll("input")].some(({ value }) => value === login)) return;
    const chip = document.createElement("li");
    const label = document.createElement("span");
    label.textContent = name;
    const hidden = Object.assign(document.createElement("input"), { type: "hidden", name: "watchers", value: login });
    hidden.dataset.shownAs = name;
    const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
    remove.setAttribute("aria-label", field.dataset.remove.replace("%s", name));
    remove.addEventListener("click", () => {
      chip.remove();
      chips.hidden = !chips.children.length;
      changed();
      input.focus();
    });
    chip.append(label, hidden, remove);
    chips.append(chip);
    chips.hidden = false;
    changed();
  };

  input.form.addEventListener("draft-chosen", ({ detail: { name, value, shownAs } }) => {
    if (name === "watchers") choose(value, shownAs);
  });
  input.form.addEventListener("reset", () => {
    chips.replaceChildren();
    chips.hidden = true;
    suggestions.replaceChildren();
  });

  for (const login of input.value.split(/[\s,]+/).filter(Boolean)) choose(login, login);
  input.value = "";

  suggestions.addEventListener("click", (event) => {
    const button = event.target.closest("[data-login]");
    if (!button) return;
    input.value = "";
    choose(button.dataset.login, button.dataset.name);
    field.querySelector("[data-said]").textContent = field.dataset.added.replace("%s", button.dataset.name);
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
