// A form that was sent once cannot be sent twice while it is under way; an error summary takes the focus.
export function startForms() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    form.dataset.sent = "1";
    const button = event.submitter || form.querySelector("button:not([type=button])");
    if (button && button.dataset.busy) showBusy(button);
  }, true);
  // Back from the next page, the form may be used again.
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) free(form);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target.closest?.("form[data-sent]");
    if (form) free(form);
  });
  document.addEventListener("htmx:afterSettle", takeFocus);
  takeFocus();
}

// It keeps its width: what stands beside it must not come under the pointer, where a second click would reach it.
function showBusy(button) {
  button.style.minWidth = `${button.getBoundingClientRect().width}px`;
  button.dataset.word = button.textContent;
  button.textContent = button.dataset.busy;
}

function free(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("button[data-word]")) {
    button.textContent = button.dataset.word;
    delete button.dataset.word;
  }
}

function takeFocus() {
  const told = document.querySelector("dialog:modal [data-takes-focus], dialog:modal [aria-invalid=true]")
    ?? document.querySelector("[data-takes-focus]");
  told?.focus();
}
