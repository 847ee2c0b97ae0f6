// On the zoom page: what is looked at is read. Tells the server once, and not before the page is really shown.

const reading = document.querySelector("[data-reading]");

async function report() {
  document.removeEventListener("visibilitychange", report);
  if (document.hidden) {
    document.addEventListener("visibilitychange", report);
    return;
  }
  const answer = await fetch(reading.dataset.reading, {
    method: "POST",
    headers: { "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content },
    body: new URLSearchParams({ until: reading.dataset.until }),
    redirect: "manual",
    keepalive: true,
  }).catch(() => null);
  if (answer?.ok) document.dispatchEvent(new CustomEvent("inbox-changed"));
}

if (reading) report();
