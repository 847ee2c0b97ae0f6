// On the zoom page: what is looked at is read. Reports each article that lies open, and not before the page is shown.

let reported = "";

async function report() {
  const open = document.querySelector("[data-reading]");
  // What the floors above want to hear of; 0: nothing they had to show.
  const until = document.querySelector("input[name=until][form=articles-reading]")?.value ?? "0";
  if (!open || (!open.hasAttribute("data-unread") && until === "0")) return;
  const body = new URLSearchParams({ article: open.dataset.number, until });
  if (document.hidden || String(body) === reported) return;
  reported = String(body);
  const answer = await fetch(open.dataset.reading, {
    method: "POST",
    headers: { "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content },
    body,
    redirect: "manual",
    keepalive: true,
  }).catch(() => null);
  if (!answer?.ok) reported = "";
  else if (until !== "0") document.dispatchEvent(new CustomEvent("inbox-changed"));
}

document.addEventListener("visibilitychange", report);
document.addEventListener("htmx:afterSettle", ({ detail: { target } }) => { if (target.id === "conversation") report(); });
report();
