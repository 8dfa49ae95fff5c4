// Takes the token that the card frame tells, from the frame's origin alone, and pays with it.
"use strict";
(() => {
  const frame = document.querySelector("iframe.card");
  if (!frame) return;
  const form = document.querySelector("form.token");
  const status = document.querySelector(".status");
  let isPaying = false;
  window.addEventListener("message", (event) => {
    const told = event.data;
    if (event.origin !== frame.dataset.origin || !told || told.source !== "guichet-card-frame") return;
    if (told.type === "height" && Number.isFinite(told.height)) frame.style.height = `${Math.min(told.height, 1200) + 2}px`;
    if (told.type === "token" && !isPaying) {
      isPaying = true;
      status.textContent = status.dataset.paying;
      form.elements.namedItem("token").value = told.token;
      form.submit();
    }
  });
})();
