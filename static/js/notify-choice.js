// On the preferences page: whether this browser shows notifications, and what they tell. Asked for by a click alone.

import { choice, choose, isPossible } from "./browser-notification.js";

const section = document.querySelector("[data-notify]");
const { person } = section.dataset;
const said = section.querySelector("[data-notify-said]");
const say = (name) => (said.textContent = section.querySelector(`template[data-${name}]`).content.textContent);

function check(value) {
  section.querySelector(`[name=notify][value="${value}"]`).checked = true;
}

section.querySelector("[data-with-script]").hidden = !isPossible();
if (!isPossible()) say("impossible");
else if (choice(person) && Notification.permission === "denied") say("denied");
else if (Notification.permission === "granted") check(choice(person));

section.addEventListener("change", async ({ target }) => {
  if (target.name !== "notify") return;
  if (target.value && (await Notification.requestPermission()) !== "granted") {
    check("");
    choose(person, "");
    say("denied");
    return;
  }
  choose(person, target.value);
  say(target.value ? "on" : "off");
});
