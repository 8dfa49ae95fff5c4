// The side panel: opens the record of a row without leaving the list; its address is ?open=<id>.
import { focusHeading } from "./focus.js";

const WIDE = matchMedia("(min-width: 1000px)");

export function startPanel() {
  const panel = document.getElementById("panel");
  const table = document.querySelector("[data-rows][data-base]");
  if (!panel || !table) return { close: () => false };
  const body = document.getElementById("panel-body");
  const split = document.querySelector("[data-split]");
  const full = document.getElementById("panel-full");
  let opener = null;

  const address = () => new URL(location.href);
  const mark = (id) => {
    for (const row of table.querySelectorAll("tr.current")) row.classList.remove("current");
    if (id) table.querySelector(`tr[data-id="${CSS.escape(id)}"]`)?.classList.add("current");
  };

  async function show(id, { push, focus }) {
    const href = table.dataset.base + id;
    panel.hidden = false;
    split.classList.add("opened");
    panel.setAttribute("aria-busy", "true");
    full.href = href;
    mark(id);
    if (push) {
      const next = address();
      next.searchParams.set("open", id);
      history.pushState(null, "", next);
    }
    await htmx.ajax("GET", href, { target: body, swap: "innerHTML" });
    panel.removeAttribute("aria-busy");
    panel.scrollTop = 0;
    if (focus) body.querySelector("#record-title")?.focus({ preventScroll: true });
  }

  function hide({ push, byKeyboard }) {
    if (panel.hidden) return false;
    const current = table.querySelector("tr.current .row-link");
    const inside = panel.contains(document.activeElement);
    panel.hidden = true;
    split.classList.remove("opened");
    body.replaceChildren();
    mark(null);
    if (push) {
      const next = address();
      next.searchParams.delete("open");
      history.pushState(null, "", next);
    }
    // Behind a pointer no row keeps the focus, so the list may flow on; the heading does.
    if (opener?.isConnected) opener.focus();
    else if (inside && byKeyboard && current) current.focus();
    else if (inside) focusHeading(split.querySelector("section.list"));
    opener = null;
    return true;
  }

  table.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-id]");
    if (!row || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const other = event.target.closest("a:not(.row-link)");
    if (other || String(getSelection())) return;
    const link = row.querySelector(".row-link");
    if (!WIDE.matches) {
      if (!event.target.closest("a")) link.click();
      return;
    }
    event.preventDefault();
    // The keyboard comes back to its row; a pointer keeps nothing focused, so the list may flow on.
    const byKeyboard = event.detail === 0;
    opener = byKeyboard ? link : null;
    if (!byKeyboard) link.blur();
    show(row.dataset.id, { push: true, focus: byKeyboard });
  });
  document.getElementById("panel-close").addEventListener("click", (event) => {
    event.preventDefault();
    hide({ push: true, byKeyboard: event.detail === 0 });
  });
  addEventListener("popstate", () => {
    const id = address().searchParams.get("open");
    if (id) show(id, { push: false, focus: false });
    else hide({ push: false, byKeyboard: true });
  });
  mark(address().searchParams.get("open"));
  return { close: () => hide({ push: true, byKeyboard: true }) };
}
