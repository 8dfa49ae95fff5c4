// Takes the token that the card frame tells, from the frame's origin alone, and pays with it. It runs before the frame is
// there: what the frame tells first, its height, is told once.
"use strict";
(() => {
  let isPaying = false;
  window.addEventListener("message", (event) => {
    const frame = document.querySelector("iframe.card");
    const told = event.data;
    if (!frame || event.origin !== frame.dataset.origin || !told || told.source !== "guichet-card-frame") return;
    if (told.type === "height" && Number.isFinite(told.height)) frame.style.height = `${Math.min(told.height, 1200) + 2}px`;
    if (told.type === "token" && !isPaying) {
      isPaying = true;
      const status = document.querySelector(".status");
      status.textContent = status.dataset.paying;
      const form = document.querySelector("form.token");
      form.elements.namedItem("token").value = told.token;
      form.submit();
    }
  });
})();
