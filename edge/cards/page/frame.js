// Sends the card without leaving the page, and tells the token to the page around it: to its origin, and to no other.
// Without this file the form is sent as it is, and the browser is led back with the token.
"use strict";
(() => {
  const form = document.querySelector("form");
  if (!form) return;
  const origin = form.dataset.origin;
  const returnTo = form.dataset.return;
  const isEmbedded = window.parent !== window;
  const button = form.querySelector("button");
  const label = button.textContent;
  const summary = form.querySelector(".problems");
  const done = document.querySelector(".done");
  const back = document.querySelector(".back");
  let isSending = false;

  const tell = (message) => {
    if (isEmbedded) window.parent.postMessage({ source: "guichet-card-frame", ...message }, origin);
  };
  const tellHeight = () => tell({ type: "height", height: Math.ceil(document.documentElement.getBoundingClientRect().height) });
  if (isEmbedded) {
    // The page around it has its own way back.
    if (back) back.hidden = true;
    new ResizeObserver(tellHeight).observe(document.documentElement);
    tell({ type: "ready" });
  }

  const number = form.elements.namedItem("number");
  // Grouped once it is typed, so that nothing moves under the fingers.
  number.addEventListener("blur", () => {
    const digits = number.value.replace(/[\s.-]+/g, "");
    if (/^[0-9]{13,19}$/.test(digits)) number.value = digits.replace(/([0-9]{4})(?=[0-9])/g, "$1 ");
  });

  const show = (problems, text) => {
    const list = summary.querySelector("ul");
    list.replaceChildren();
    summary.querySelector("p").hidden = Boolean(text);
    if (text) list.append(Object.assign(document.createElement("li"), { textContent: text }));
    for (const input of form.querySelectorAll("input")) {
      const problem = problems[input.name] || "";
      input.setAttribute("aria-invalid", problem ? "true" : "false");
      document.getElementById(`${input.id}-problem`).textContent = problem;
      if (!problem) continue;
      const link = Object.assign(document.createElement("a"), { href: `#${input.id}`, textContent: problem });
      const line = document.createElement("li");
      line.append(link);
      list.append(line);
    }
    summary.hidden = !list.children.length;
    if (!summary.hidden) summary.focus();
  };
  // A link of the summary goes to its field; the page's own address, which is a secret, stays as it is.
  summary.addEventListener("click", (event) => {
    const target = event.target.closest("a");
    if (!target) return;
    event.preventDefault();
    document.getElementById(target.hash.slice(1)).focus();
  });

  const wait = (isWaiting) => {
    isSending = isWaiting;
    button.setAttribute("aria-disabled", String(isWaiting));
    button.textContent = isWaiting ? form.dataset.sending : label;
  };

  const finish = (answer) => {
    form.reset();
    if (!isEmbedded && answer.location) {
      window.location.assign(answer.location);
      return;
    }
    tell({ type: "token", token: answer.token });
    form.hidden = true;
    if (back) back.hidden = true;
    const goOn = done.querySelector("a");
    if (goOn && answer.location) goOn.href = answer.location;
    done.hidden = false;
    done.focus();
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isSending) return;
    wait(true);
    try {
      const sent = await fetch(window.location.href, {
        method: "POST",
        headers: { accept: "application/json" },
        body: new URLSearchParams(new FormData(form)),
      });
      const answer = await sent.json();
      if (answer.token) {
        finish(answer);
        return;
      }
      show(answer.problems || {}, answer.text || "");
      if (answer.state) tell({ type: "state", state: answer.state });
    } catch {
      show({}, form.dataset.failed);
    }
    wait(false);
  });
})();
