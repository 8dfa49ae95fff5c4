// An act of a record opens over the page. Its <details> keeps it in its place until this has run, and remembers whether
// it is open: for a refusal of the server, for what was typed and not sent.
export function startActs() {
  document.addEventListener("toggle", (event) => event.target.matches?.(".act.over") && show(event.target), true);
  document.addEventListener("htmx:afterSwap", showOpened);
  document.addEventListener("click", (event) => event.target.closest?.("[data-closes]")?.closest("dialog").close());
  document.addEventListener("pointerdown", (event) => {
    const dialog = event.target;
    if (!dialog.matches?.(".act.over > dialog:modal")) return;
    const { left, right, top, bottom } = dialog.getBoundingClientRect();
    const inside = event.clientX >= left && event.clientX <= right && event.clientY >= top && event.clientY <= bottom;
    if (!inside) dialog.close();
  });
  showOpened();
}

function showOpened() {
  document.querySelectorAll(".act.over[open]").forEach(show);
}

function show(act) {
  const dialog = act.querySelector(":scope > dialog");
  if (!act.open) {
    if (dialog.matches(":modal")) dialog.close();
    return;
  }
  if (dialog.matches(":modal")) return;
  // One at a time: the others keep what was typed in them.
  if (document.querySelector("dialog:modal")) {
    act.open = false;
    return;
  }
  dialog.removeAttribute("open");
  dialog.showModal();
  dialog.addEventListener("close", () => {
    act.open = false;
    const menu = act.closest("details.menu");
    if (menu) menu.open = false;
    (menu ?? act).querySelector("summary").focus({ preventScroll: true });
  }, { once: true });
}
