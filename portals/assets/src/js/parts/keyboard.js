// The desk by keyboard: / and Ctrl-K search, j and k move, Enter opens, Esc closes, p pauses, ? shows all.
import { closeMenus } from "./menus.js";

const TYPING = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";

export function startKeyboard(panel) {
  const search = document.getElementById("search");
  const help = document.getElementById("keys");

  const move = (step) => {
    const links = [...document.querySelectorAll("[data-rows] .row-link")];
    if (!links.length) return;
    const row = document.activeElement?.closest?.("tr") ?? document.querySelector("tr.current");
    const at = links.findIndex((link) => row?.contains(link));
    const next = links[Math.min(Math.max(at + step, 0), links.length - 1)];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k" && search) {
      event.preventDefault();
      search.focus();
      search.select();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    // What stands over the page has the keys to itself.
    if (document.querySelector("dialog:modal")) return;
    if (event.key === "Escape") {
      if (closeMenus()) return;
      if (event.target.matches?.(TYPING)) {
        event.target.blur();
        return;
      }
      if (!panel.close()) document.activeElement?.blur?.();
      return;
    }
    if (event.target.matches?.(TYPING)) return;
    switch (event.key) {
      case "/":
        if (search) {
          event.preventDefault();
          search.focus();
          search.select();
        }
        break;
      case "j": move(1); break;
      case "k": move(-1); break;
      case "p": document.getElementById("pause")?.click(); break;
      case "?": help?.showModal(); break;
    }
  });
}
