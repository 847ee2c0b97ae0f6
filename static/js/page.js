// What every page has: the shared dialog, menus that close, messages when a request fails.

const dialog = document.getElementById("dialog");
const body = document.getElementById("dialog-body");

// A link with hx-get and hx-target="#dialog-body" opens what it leads to in the dialog; without script it is a page.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== body || !body.firstElementChild) return;
  if (!dialog.open) dialog.showModal();
  (body.querySelector(".is-invalid, [autofocus]") ?? body.querySelector("select, textarea, input:not([type=hidden])"))?.focus();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-close]") && event.target.closest("dialog")) {
    event.preventDefault();
    event.target.closest("dialog").close();
  }
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = event.target.closest?.("details[data-menu][open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

dialog.addEventListener("close", () => body.replaceChildren());

// What htmx does not show (refused, gone, server or network down) is at least said.
for (const failure of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(failure, () => {
    const alert = Object.assign(document.createElement("div"), { className: "alert alert-danger", textContent: document.body.dataset.failed });
    if (dialog.open) alert.setAttribute("role", "alert");
    (dialog.open ? body : document.getElementById("messages")).prepend(alert);
  });
}

// What was written here is nobody else's.
document.addEventListener("submit", ({ target }) => {
  if (!target.matches('form[action$="/logout/"]')) return;
  try { sessionStorage.clear(); } catch { /* forbidden: nothing was kept */ }
});
