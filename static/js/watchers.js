// The Ticket watcher dialog: typing and keys, focus, refusals, and what others change meanwhile. Without this every part
// of it is a plain form.

const RHYTHM = 5_000;
const LONGEST_PAUSE = 60_000;

const dialogNow = () => document.querySelector("[data-watchers]");
const inDialog = (element) => element?.closest?.("[data-watchers]");
const searchBox = () => document.getElementById("find-people");
const buttonsOf = (kind) => [...document.querySelectorAll(`[data-watchers] button[id^="${kind}-"]`)];
const say = (text) => {
  document.getElementById("watcher-news").textContent = text;
};

// The forms are sent from here, which stays when the dialog closes: what was under way then still renews the page.
const sender = document.body.appendChild(Object.assign(document.createElement("span"), { hidden: true }));
sender.setAttribute("hx-sync", "this:queue all");
sender.setAttribute("hx-ext", "watchers");

// The list that the answer under way is for: closing the dialog, or opening it anew, takes it out of the page.
let awaited = null;
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.elt === sender) awaited = detail.target;
});
// Then the answer renews what stands behind the dialog and nothing else: one opened anew asks for itself.
window.htmx?.defineExtension("watchers", {
  transformResponse(text) {
    if (awaited.isConnected) return text;
    const answer = Object.assign(document.createElement("template"), { innerHTML: text });
    for (const part of answer.content.querySelectorAll("[hx-swap-oob]")) {
      const place = document.getElementById(part.id);
      if (!place || inDialog(place)) part.remove();
    }
    return answer.innerHTML;
  },
});

// What to do with the focus once the answer is there: { kind, index, id, toSearch, bringsBack }.
let pressed = null;
// What the results on the page are of; somebody types faster than they come.
let answered = null;
let addWhenAnswered = false;
let waiting = 0;
// What stood open before an answer renewed it, and how far each list was scrolled.
let hold = null;

// Refused adds come back as 403, 404 or 422 with the dialog as it is now; show them, but never a whole error page in it.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!inDialog(detail.target)) return;
  hold = held();
  if (![403, 404, 422].includes(detail.xhr.status)) return;
  if (detail.serverResponse.includes('id="watcher-said"')) {
    detail.shouldSwap = true;
    detail.isError = false;
  } else {
    // The ticket itself is out of reach by now.
    location.reload();
  }
});

// An answer renews the lists with all their forms. Were these sent by htmx themselves, one that another answer removed
// meanwhile would lose its own; so all are sent, one after the other, from elsewhere.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const dialog = inDialog(form);
  if (!dialog || form.method !== "post" || !window.htmx) return;
  event.preventDefault();
  if (form.dataset.sent) return;
  form.dataset.sent = "yes";
  const button = event.submitter ?? form.querySelector("button");
  const [kind] = button.id.split("-");
  const toSearch = document.activeElement === searchBox();
  pressed = { kind, id: button.id, index: buttonsOf(kind).indexOf(button), toSearch, bringsBack: button.dataset.bringsBack };
  const values = Object.fromEntries(new FormData(form, button));
  // What stands in the search box and beside it now, not when the form was drawn.
  values.q = searchBox().value;
  for (const choice of dialog.querySelectorAll(".watcher-add-as input")) {
    if (choice.checked) values[choice.name] = choice.value;
    else delete values[choice.name];
  }
  waiting += 1;
  window.htmx.ajax("POST", form.getAttribute("action"), {
    source: sender, target: document.getElementById("watcher-candidates"), values,
  });
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.elt !== sender) return;
  waiting = Math.max(waiting - 1, 0);
  if (detail.successful) return;
  for (const form of document.querySelectorAll("[data-watchers] form[data-sent]")) delete form.dataset.sent;
});

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.target.id === "dialog-body" && dialogNow()) open();
  if (detail.target.id !== "watcher-candidates" || !detail.target.isConnected || !detail.requestConfig) return;
  answered = detail.requestConfig.parameters.q ?? answered;
  if (detail.requestConfig.verb !== "get") {
    restore(hold);
    goOn();
  }
  if (addWhenAnswered && answered === searchBox()?.value) addFirst();
});

// The button that was pressed may be gone with its row: go on at the one that took its place.
function goOn() {
  if (!pressed) return;
  const { kind, id, index, toSearch, bringsBack } = pressed;
  pressed = null;
  if (toSearch) return void searchBox()?.select();
  if (inDialog(document.activeElement)) return;
  const left = buttonsOf(kind);
  const same = kind === "adjust" && document.getElementById(id);
  const next = document.getElementById(bringsBack) || same || left[Math.min(index, left.length - 1)] || searchBox();
  next?.focus();
}

const scrolling = () => [...document.querySelectorAll(".watcher-results, .watcher-list > .watcher-people")];

function held() {
  const open = document.querySelectorAll(".watcher-people details[open], #watch-options[open]");
  return { opened: [...open].map(({ id }) => id), scrolled: scrolling().map((list) => list.scrollTop) };
}

function restore({ opened, scrolled }) {
  for (const id of opened) {
    const menu = document.getElementById(id);
    if (menu) menu.open = true;
  }
  scrolling().forEach((list, at) => {
    list.scrollTop = scrolled[at] ?? 0;
  });
}

// Typing: Enter adds the first one found, the arrow keys walk, Escape clears before it closes.

function addFirst() {
  addWhenAnswered = false;
  const first = document.querySelector("#watcher-candidates .watcher-person");
  const button = first?.querySelector("button");
  if (button) return button.form.requestSubmit(button);
  const reason = first?.querySelector(".watcher-reason");
  // Not the next best one: whom the name means is the first.
  say(reason ? `${first.querySelector(".watcher-name").textContent}: ${reason.textContent}` : dialogNow().dataset.pickNone);
}

function enter(event) {
  const box = event.target;
  if (!box.value.trim() || event.isComposing) return;
  event.preventDefault();
  if (answered === box.value) addFirst();
  else {
    addWhenAnswered = true;
    box.form.requestSubmit();
  }
}

function walk(event, list) {
  const stops = [searchBox(), ...list.querySelectorAll("button")];
  const at = stops.indexOf(event.target);
  const next = { ArrowDown: stops[at + 1], ArrowUp: stops[at - 1], Home: stops[1], End: stops.at(-1) }[event.key];
  if (at < 0 || !next) return;
  event.preventDefault();
  next.focus();
}

function escape(event) {
  const box = searchBox();
  const menu = event.target.closest("details[open]");
  if (event.target === box || event.target.closest("#watcher-candidates")) {
    if (!box.value) return;
    event.preventDefault();
    box.value = "";
    box.focus();
    box.form.requestSubmit();
  } else if (menu) {
    event.preventDefault();
    menu.open = false;
    menu.querySelector("summary").focus();
  }
}

document.addEventListener("keydown", (event) => {
  if (!inDialog(event.target)) return;
  const list = document.getElementById("watcher-candidates");
  const isBox = event.target === searchBox();
  const inResults = list.contains(event.target);
  if (event.key === "Escape") escape(event);
  else if (event.key === "Enter" && isBox) enter(event);
  else if (["ArrowDown", "ArrowUp"].includes(event.key) && (isBox || inResults)) walk(event, list);
  else if (["Home", "End"].includes(event.key) && inResults) walk(event, list);
  else if (inResults && event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey) {
    // Whoever types on goes on with the search.
    searchBox().focus();
  }
});

document.addEventListener("input", (event) => {
  if (event.target === searchBox()) addWhenAnswered = false;
});

// The menu beside the switch stays open while things are chosen in it.
let chosen = "";
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  chosen = detail.elt.closest("#watch-options") ? document.activeElement.id : "";
});
document.addEventListener("htmx:afterSettle", () => {
  const menu = document.getElementById("watch-options");
  if (!chosen || !menu || menu.open) return;
  menu.open = true;
  document.getElementById(chosen)?.focus();
  chosen = "";
});

// The button that opened the dialog may have been renewed since: the browser would not find it.
document.getElementById("dialog")?.addEventListener("close", () => {
  requestAnimationFrame(() => {
    if (document.activeElement === document.body) document.getElementById("watch-button")?.focus();
  });
});

// What others change meanwhile: asked for while the dialog is looked at, shown without taking anything out of hand.

let timer = null;
let failures = 0;

function open() {
  answered = searchBox().value;
  for (const hint of document.querySelectorAll("[data-with-script]")) hint.hidden = false;
  later();
}

function later() {
  clearTimeout(timer);
  if (!dialogNow() || document.hidden) return;
  timer = setTimeout(ask, Math.min(RHYTHM * 2 ** failures, LONGEST_PAUSE));
}

async function ask() {
  const dialog = dialogNow();
  if (!dialog) return;
  const form = searchBox().form;
  const { stamp, list } = document.getElementById("watcher-stamp").dataset;
  const asked = new URLSearchParams(new FormData(form));
  if (list) asked.set("list", list);
  try {
    const answer = await fetch(`${form.getAttribute("action")}?${asked}`, {
      headers: { "HX-Request": "true", "HX-Target": "watcher-news", "HX-Current-URL": location.href, "If-None-Match": `"${stamp}"` },
      cache: "no-store",
      redirect: "manual",
      signal: AbortSignal.timeout(10_000),
    });
    if (answer.type === "opaqueredirect" || [401, 403, 404].includes(answer.status)) return; // signed out, out of reach
    if (answer.status === 200) renew(dialog, stamp, asked.get("q"), await answer.text());
    else if (answer.status !== 304) throw new Error(String(answer.status));
    failures = 0;
  } catch {
    failures += 1;
  }
  later();
}

function renew(dialog, stamp, query, html) {
  // Something was sent or typed since: its own answer brings all that changed, or the next asking does.
  const isOld = waiting || dialog !== dialogNow() || stamp !== document.getElementById("watcher-stamp").dataset.stamp;
  if (isOld || query !== searchBox().value || document.querySelector("[data-watchers] .htmx-request")) return;
  const focused = document.activeElement;
  const [kind] = focused.id.split("-");
  const index = buttonsOf(kind).indexOf(focused);
  const before = held();
  const target = document.getElementById("watcher-candidates");
  // Told as any other: who listens to what htmx has put in place asks where.
  window.htmx.swap(target, html, { swapStyle: "innerHTML", swapDelay: 0, settleDelay: 0 }, { eventInfo: { target } });
  restore(before);
  if (document.activeElement !== document.body || focused === document.body) return;
  const left = index < 0 ? [] : buttonsOf(kind);
  (document.getElementById(focused.id) || left[Math.min(index, left.length - 1)] || searchBox())?.focus({ preventScroll: true });
}

document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : dialogNow() && ask()));
if (dialogNow()) open();

// Whoever was informed of a note and is added on the spot: their button goes, the next one is where one goes on.
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const form = detail.elt.closest?.("form[data-offer]");
  if (!form || !detail.successful) return;
  const box = form.closest("[data-offers]");
  form.closest("li").remove();
  const next = box.querySelector("button");
  if (!next) box.remove();
  (next ?? document.getElementById("watch-button"))?.focus();
});
