// A step saves by itself a moment after each change, and at once when its page is left; what the answer says of the
// file replaces what stood there.
import { keepFocus } from "./parts/focus.js";

const WAIT_MS = 500;
const PARTS = ["wizard-steps", "f-revision", "wizard-saved"];
const form = document.querySelector("form[data-autosave]");
let timer = 0;
let running = null;

for (const kind of ["input", "change"]) {
  form?.addEventListener(kind, () => {
    clearTimeout(timer);
    timer = setTimeout(save, WAIT_MS);
  });
}
// The form's own button says it all, so nothing may follow it.
form?.addEventListener("submit", () => {
  clearTimeout(timer);
  timer = 0;
  running?.abort();
});
// A link that is pressed within that moment takes the page away; `keepalive` lets the request outlive it.
if (form) {
  window.addEventListener("pagehide", () => {
    if (!timer) return;
    clearTimeout(timer);
    timer = 0;
    post({}).catch(() => undefined);
  });
}

function post(options) {
  return fetch(form.action, {
    method: "POST",
    body: new URLSearchParams(new FormData(form)),
    headers: { "HX-Request": "true", "HX-Current-URL": location.href },
    keepalive: true,
    ...options,
  });
}

async function save() {
  timer = 0;
  running?.abort();
  running = new AbortController();
  try {
    const answer = await post({ signal: running.signal });
    // What went wrong the button shows, on a page of its own; until then nothing may say that it is saved.
    if (!answer.ok) {
      const saved = document.getElementById("wizard-saved");
      if (saved) saved.textContent = form.dataset.unsaved;
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of PARTS) {
      const fresh = page.getElementById(id);
      const there = document.getElementById(id);
      if (fresh && there) keepFocus(there, () => there.replaceWith(fresh));
    }
  } catch (error) {
    if (error.name !== "AbortError") console.warn("the step was not saved", error);
  }
}
