// A button beside an identifier copies it, and says so to eyes and ears.
const SAID_MS = 2_000;

export function startCopying() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button || !(await copy(button.dataset.copy))) return;
    button.focus();
    const status = button.closest(".record").querySelector("[data-copied]");
    button.dataset.said = status.textContent = status.dataset.copied;
    setTimeout(() => {
      delete button.dataset.said;
      status.textContent = "";
    }, SAID_MS);
  });
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Outside HTTPS a browser has the older way alone.
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "hidden";
    document.body.append(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    return copied;
  }
}
