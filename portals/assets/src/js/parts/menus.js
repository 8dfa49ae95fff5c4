// Menus are <details>; here they learn to close.
export function startMenus() {
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens).showModal();
  });
  // On a phone the menu's line scrolls: the page that one is on must be seen in it.
  const here = document.querySelector(".nav-main [aria-current]");
  const line = here?.parentElement;
  if (line && line.scrollWidth > line.clientWidth) {
    line.scrollLeft = here.getBoundingClientRect().left - line.getBoundingClientRect().left;
  }
  // On a wide screen the filters are at hand; on a phone they wait behind their title.
  const filters = document.querySelector("[data-filters]");
  if (filters && matchMedia("(min-width: 1000px)").matches) filters.open = true;
}

export function closeMenus() {
  const open = [...document.querySelectorAll("details.menu[open]")];
  for (const menu of open) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  return open.length > 0;
}
