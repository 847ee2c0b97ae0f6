// The form of a ticket notification: tags that insert themselves where the writer was; without this they are a list.
// And its preview: the HTML mail of unsaved texts, which without this comes with a button.

for (const list of document.querySelectorAll("[data-tags]")) {
  const said = list.querySelector("[data-tags-said]");
  let field = null;

  document.addEventListener("focusin", ({ target }) => {
    if (target.matches("[data-takes-tags]")) field = target;
  });

  const insert = (tag) => {
    if (!field?.isConnected) {
      said.textContent = list.dataset.nowhere;
      return;
    }
    field.focus();
    field.setRangeText(tag, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    said.textContent = list.dataset.inserted.replace("%s", tag);
  };

  for (const code of list.querySelectorAll("li code")) {
    const button = Object.assign(document.createElement("button"), { type: "button" });
    code.replaceWith(button);
    button.append(code);
    button.addEventListener("click", () => insert(code.textContent));
  }
  list.querySelector("[data-tags-hint]").hidden = false;
}

document.querySelector("form[data-show-mail]")?.requestSubmit();
