// Django's scripts draw search boxes (select2) and hints whose name no assistive technology learns: this names them.

const named = (select) => {
  const label = select.getAttribute("aria-label") || document.querySelector(`label[for="${CSS.escape(select.id)}"]`)?.textContent.trim();
  const drawn = select.nextElementSibling;
  if (!label || !drawn?.matches(".select2")) return;
  for (const part of drawn.querySelectorAll(".select2-selection, .select2-selection__rendered, .select2-search__field")) part.setAttribute("aria-label", label);
};
const nameAll = () => {
  document.querySelectorAll("select.select2-hidden-accessible").forEach(named);
  document.querySelectorAll("span.help-tooltip[aria-label]:not([role])").forEach((hint) => hint.setAttribute("role", "img"));
};
nameAll();
new MutationObserver(nameAll).observe(document.body, { childList: true, subtree: true });
