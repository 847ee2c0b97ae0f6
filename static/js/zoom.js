// The Ticket zoom window: articles open where one is, writing stands beside reading. Links do the same without script.

const hash = /^#article-(\d+)$/;

// A mail's link names the article behind the #, which no server hears of.
function openNamed() {
  const named = hash.exec(location.hash);
  if (named && !document.getElementById(named[0].slice(1)) && new URLSearchParams(location.search).get("article") !== named[1]) {
    location.replace(`?article=${named[1]}${location.hash}`);
  }
}
addEventListener("hashchange", openNamed);
openNamed();

document.addEventListener("htmx:afterSettle", ({ detail: { target } }) => {
  if (target.id === "conversation") {
    // On narrow screens the article stands below the list.
    document.querySelector(".reading-head")?.scrollIntoView({ block: "nearest" });
  }
  const written = document.querySelector("#compose .is-invalid, #compose textarea");
  if (written && target.closest("#compose")) {
    written.focus();
    if (written.setSelectionRange && written.tagName === "TEXTAREA") written.setSelectionRange(0, 0);
    document.getElementById("compose").scrollIntoView({ block: "nearest" });
  }
});

// The time until when is asked for only where the state waits for one.
function askUntil(within) {
  for (const state of within.querySelectorAll("select[name=state], select[name=next_state]")) {
    const until = state.form.querySelector("#div_id_pending_until");
    if (until) until.hidden = state.value !== "pending";
  }
}
document.addEventListener("change", (event) => { if (event.target.form) askUntil(event.target.form); });
document.addEventListener("htmx:load", (event) => askUntil(event.detail.elt));
askUntil(document);

document.addEventListener("click", (event) => {
  const dismiss = event.target.closest("[data-dismiss]");
  const dismissed = dismiss && document.querySelector(dismiss.dataset.dismiss);
  if (dismissed) {
    event.preventDefault();
    dismissed.replaceChildren();
  }
  if (event.target.closest("[data-print]")) print();
});

for (const button of document.querySelectorAll("[data-print]")) button.hidden = false;
