// Suggestions under the search field: a combobox whose list the server draws. Without this, the form alone searches.
const PAUSE_MS = 150;
const LETTERS_MIN = 2;

export function startPalette() {
  const input = document.getElementById("search");
  if (!input?.form) return;
  const list = document.createElement("div");
  list.id = "palette";
  list.className = "palette";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.labels?.[0]?.textContent ?? "");
  const status = document.createElement("p");
  status.className = "hidden";
  status.setAttribute("role", "status");
  input.form.append(list, status);
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", "palette"]]) input.setAttribute(name, value);

  let timer = 0, asking = null, shownFor = "", current = -1;
  const options = () => [...list.querySelectorAll("[role=option]")];

  function mark(next) {
    const all = options();
    all[current]?.setAttribute("aria-selected", "false");
    current = all.length ? (next + all.length) % all.length : -1;
    const option = all[current];
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
  }

  function close() {
    clearTimeout(timer);
    asking?.abort();
    asking = null;
    list.hidden = true;
    current = -1;
    shownFor = "";
    status.textContent = "";
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  async function suggest() {
    const words = input.value.trim();
    if (words.length < LETTERS_MIN) return close();
    if (words === shownFor) return;
    asking?.abort();
    const mine = (asking = new AbortController());
    const answer = await fetch(`/search/suggestions?q=${encodeURIComponent(words)}`, { signal: mine.signal, redirect: "error" }).catch(() => null);
    if (mine.signal.aborted || !answer) return;
    const text = await answer.text().catch(() => "");
    if (mine.signal.aborted || document.activeElement !== input) return;
    list.innerHTML = text;
    list.scrollTop = 0;
    list.hidden = false;
    current = -1;
    shownFor = words;
    status.textContent = list.querySelector("[data-count]")?.dataset.count ?? "";
    input.setAttribute("aria-expanded", "true");
    input.removeAttribute("aria-activedescendant");
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(suggest, PAUSE_MS);
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    switch (event.key) {
      case "ArrowDown":
      case "ArrowUp":
        event.preventDefault();
        if (list.hidden) suggest();
        else mark(event.key === "ArrowDown" ? current + 1 : current < 0 ? -1 : current - 1);
        break;
      case "Enter": {
        const chosen = options()[current];
        if (!chosen || list.hidden) return;
        event.preventDefault();
        location.assign(chosen.dataset.href);
        break;
      }
      case "Escape":
        // The first one closes the list, the second one leaves the field.
        if (!list.hidden) {
          event.stopPropagation();
          event.preventDefault();
          close();
        }
        break;
    }
  });
  // Before the field loses the focus, or the list would be gone when the click arrives.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (!option) return;
    if (event.ctrlKey || event.metaKey) open(option.dataset.href, "_blank", "noopener");
    else location.assign(option.dataset.href);
  });
  input.addEventListener("blur", close);
}
