// The form of a ticket notification: finding an event, a tab for each language, a preview while one writes, and a
// question before what was typed is left. Without this all of it is one long form with a page for the preview.

const form = document.querySelector("#definition_form");

// Finding one of many boxes

for (const place of form.querySelectorAll("[data-find]")) {
  const box = document.createElement("p");
  const label = document.createElement("label");
  const input = Object.assign(document.createElement("input"), { type: "search", id: `${place.id}_find`, autocomplete: "off" });
  label.htmlFor = input.id;
  label.textContent = place.dataset.find;
  box.className = "definition-find";
  box.append(label, input);
  place.before(box);
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    for (const one of place.querySelectorAll("[data-find-one]")) {
      // What is ticked stays in sight, so that nobody saves it unseen.
      one.hidden = !one.textContent.toLowerCase().includes(wanted) && !one.querySelector("input").checked;
    }
    for (const group of place.querySelectorAll("[data-find-group]")) {
      group.hidden = !group.querySelector("[data-find-one]:not([hidden])");
    }
  });
  // Enter would save the form.
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
}

// A tab for each language

const languages = form.querySelector("[data-languages]");
const panels = [...languages.querySelectorAll(".inline-related:not(.empty-form)")];
let shown = panels[0];

const field = (panel, name) => panel.querySelector(`[name$="-${name}"]`);
const languageOf = (panel) => {
  const select = field(panel, "language");
  return select.selectedOptions[0]?.textContent ?? "";
};
const isWrong = (panel) => panel.querySelector(".errorlist, .errors") !== null;

if (panels.length > 1) {
  const list = document.createElement("div");
  list.className = "definition-tabs";
  list.setAttribute("role", "tablist");
  list.setAttribute("aria-label", languages.dataset.languages);
  const tabs = panels.map((panel) => {
    const tab = Object.assign(document.createElement("button"), { type: "button", id: `${panel.id}-tab` });
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", panel.id);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    list.append(tab);
    return tab;
  });

  const name = () => tabs.forEach((tab, place) => {
    const panel = panels[place];
    const unwritten = !field(panel, "subject").value && !field(panel, "body").value;
    const said = isWrong(panel) ? languages.dataset.wrong : unwritten ? languages.dataset.unwritten : "";
    tab.textContent = languageOf(panel) + (said && ` (${said})`);
  });
  const show = (place) => {
    shown = panels[place];
    panels.forEach((panel, other) => {
      panel.hidden = other !== place;
      tabs[other].setAttribute("aria-selected", String(other === place));
      tabs[other].tabIndex = other === place ? 0 : -1;
    });
    languages.dispatchEvent(new Event("language"));
  };
  tabs.forEach((tab, place) => {
    tab.addEventListener("click", () => show(place));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const next = (place + step + tabs.length) % tabs.length;
      show(next);
      tabs[next].focus();
    });
  });
  languages.addEventListener("input", name);
  panels[0].before(list);
  name();
  show(Math.max(panels.findIndex(isWrong), 0));
}

// A preview while one writes

const live = form.querySelector("[data-live]");

if (live) {
  const place = live.querySelector("[data-live-shown]");
  const ticket = live.querySelector("[data-live-ticket]");
  let waiting = 0;
  let asked = null;

  const ask = async () => {
    asked?.abort();
    asked = new AbortController();
    const said = new FormData(form);
    for (const name of [...said.keys()]) if (name.startsWith("texts-")) said.delete(name);
    said.set("ticket", ticket.value.trim());
    for (const name of ["language", "frame", "subject", "body"]) said.set(`texts-0-${name}`, field(shown, name).value);
    try {
      const answer = await fetch(live.dataset.live, { method: "POST", body: said, signal: asked.signal, redirect: "error" });
      if (!answer.ok && answer.status !== 422) throw new Error(String(answer.status));
      place.innerHTML = await answer.text();
    } catch (problem) {
      if (problem.name !== "AbortError") place.textContent = live.dataset.failed;
    }
  };
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 400);
  };

  live.hidden = false;
  form.addEventListener("input", ({ target }) => target.name && soon());
  ticket.addEventListener("change", ask);
  languages.addEventListener("language", ask);
  // Enter here would save the form.
  ticket.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    ask();
  });
  if (ticket.value) ask();
}

// What was typed and not saved

let changed = false;
form.addEventListener("change", (event) => {
  if (event.target.name) changed = true;
});
form.addEventListener("input", (event) => {
  if (event.target.name) changed = true;
});
form.addEventListener("submit", () => {
  changed = false;
});
window.addEventListener("beforeunload", (event) => {
  if (changed) event.preventDefault();
});
