// What is put in the place of a part of the page takes along what had the focus there. It goes to what has the same id
// in what came, else to the heading of that part: never to the top of the page.
let lost = null;

export function startFocus() {
  document.addEventListener("htmx:beforeSwap", (event) => note(event.detail.target));
  document.addEventListener("htmx:afterSettle", restore);
}

export function keepFocus(region, swap) {
  note(region);
  swap();
  restore();
}

// Without a script, or behind a pointer, a heading is no stop of the Tab key.
export function focusHeading(region) {
  const heading = region?.querySelector("h1, h2, h3") ?? document.querySelector("main h1");
  if (!heading) return;
  if (!heading.hasAttribute("tabindex")) heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

function note(region) {
  const active = document.activeElement;
  lost = active !== document.body && region.contains(active) ? { id: active.id, region, around: region.parentElement } : null;
}

function restore() {
  if (!lost) return;
  const { id, region, around } = lost;
  lost = null;
  if (document.activeElement && document.activeElement !== document.body) return;
  const same = id && document.getElementById(id);
  if (same) same.focus({ preventScroll: true });
  if (document.activeElement !== same) focusHeading(region.isConnected ? region : around);
}
