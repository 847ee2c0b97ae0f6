// The browser's own notifications: only where their person turned them on in this browser (see notify-choice.js).

const key = (person) => `opsi-notify-${person}`;

// "" (off), "count", "number" or "title".
export const choice = (person) => localStorage.getItem(key(person)) ?? "";
export const choose = (person, value) => (value ? localStorage.setItem(key(person), value) : localStorage.removeItem(key(person)));
export const isPossible = () => "Notification" in window && window.isSecureContext;

// Tell of `badge` while the page is out of sight; whoever looks at it sees the bell.
export async function notify(badge, bell) {
  const wanted = choice(bell.dataset.person);
  if (!wanted || !document.hidden || !isPossible() || Notification.permission !== "granted") return;
  let body = badge.label;
  if (wanted !== "count") {
    // Where only the number of notifications is wanted, nothing else is fetched.
    const answer = await fetch(bell.dataset.newest, { redirect: "manual" }).catch(() => null);
    const { number, title } = answer?.ok ? await answer.json() : {};
    const said = wanted === "title" ? [number, title] : [number];
    body = `${said.filter(Boolean).join(" ")}\n${badge.label}`.trim();
  }
  // One for all tabs: a newer one takes the place of what nobody looked at.
  const shown = new Notification(bell.title, { body, tag: `opsi-inbox-${bell.dataset.person}`, icon: bell.dataset.icon });
  shown.addEventListener("click", () => {
    window.focus();
    location.assign(bell.href);
    shown.close();
  });
}
