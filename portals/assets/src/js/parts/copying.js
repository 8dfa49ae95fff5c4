// Beside an identifier stands a button that copies it without its blanks, and says so to eyes and ears.
const SAID_MS = 2_000;

export function startCopying() {
  document.addEventListener("htmx:afterSwap", addButtons);
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("button.copy");
    if (!button || !(await copy(button.parentElement.textContent.replace(/\s/g, "")))) return;
    button.focus();
    const status = statusOf(button);
    button.dataset.said = status.textContent = status.dataset.copied;
    setTimeout(() => {
      delete button.dataset.said;
      status.textContent = "";
    }, SAID_MS);
  });
  addButtons();
}

const statusOf = (element) => element.closest(".record").querySelector("[data-copied]");

// The icon is that of the sprite which the page uses already.
function addButtons() {
  const sprite = document.querySelector("svg.i use")?.getAttribute("href").split("#")[0];
  for (const place of document.querySelectorAll("[data-copy]:not(:has(> button))")) {
    const label = place.previousElementSibling?.textContent ?? place.textContent;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.setAttribute("aria-label", statusOf(place).dataset.copies.replace("%", label));
    button.innerHTML = `<svg class="i" aria-hidden="true"><use href="${sprite}#copy"/></svg>`;
    place.append(button);
  }
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
