// Asks twice a minute how things are, while somebody looks at the page and wants it; says so only when trouble changed.

const shown = document.getElementById("health-now");
const news = document.getElementById("health-news");
const wanted = document.getElementById("by-itself");
const EVERY = 30_000;

const troubles = () => shown.querySelector(".notice-box")?.textContent.replace(/\s+/g, " ").trim() ?? "";

async function refresh() {
  // Whoever reads or opens something in it is not interrupted.
  if (document.hidden || !wanted.checked || shown.contains(document.activeElement)) return;
  try {
    const answer = await fetch(shown.dataset.url, { redirect: "manual", signal: AbortSignal.timeout(10_000) });
    if (answer.status !== 200) return;
    const before = troubles();
    const open = shown.querySelector("#chart-table")?.open;
    const anew = new DOMParser().parseFromString(await answer.text(), "text/html");
    shown.replaceChildren(...anew.body.childNodes);
    if (open) shown.querySelector("#chart-table").open = true;
    if (troubles() !== before) news.textContent = troubles();
  } catch {
    // The next time will do.
  }
}

wanted.closest("[data-by-itself]").hidden = false;
setInterval(refresh, EVERY);
document.addEventListener("visibilitychange", refresh);
